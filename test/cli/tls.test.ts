import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { freePort } from '../support/free-port.ts'
import { send } from '../support/http.ts'
import { startEnvoy, type TestEnvoy } from '../support/envoy.ts'
import { until } from '../support/until.ts'
import { certificates } from '../xds/certificates.ts'
import { type Workplace, workplace } from './run-cli.ts'
import { startSluice } from './serving.ts'

let place: Workplace
let port: number
const mutual = ['--tls-cert', 'server.pem', '--tls-key', 'server.key', '--client-ca', 'ca.pem']

beforeAll(async () => {
  port = await freePort()
  place = await workplace({
    'gateway.yaml': `version: 1
listeners: {public: {port: ${port}, address: 127.0.0.1}}
routes:
  hello: {match: {path: /}, respond: {status: 200, text: hello}}
`,
  })
  const { ca, ...pairs } = await certificates()
  await place.write('ca.pem', ca)
  for (const [name, { key, cert }] of Object.entries(pairs)) {
    await place.write(`${name}.pem`, cert)
    await place.write(`${name}.key`, key)
  }
})
afterAll(() => place[Symbol.asyncDispose]())

/** An Envoy with the bootstrap that `engine bootstrap` prints for it. */
async function connect(node: string, xds: string, tls: readonly string[], ready: boolean): Promise<TestEnvoy & AsyncDisposable> {
  const files = tls.map((word) => (word.startsWith('--') ? word : place.path(word)))
  const { code, stdout } = await place.run(['engine', 'bootstrap', '--xds', xds, '--node', node, '--admin', 'unix:/ADMIN', ...files])
  expect(code).toBe(0)
  const envoy = await startEnvoy({ ready, bootstrap: (path) => stdout.replace('/ADMIN', path) })
  return { ...envoy, [Symbol.asyncDispose]: () => envoy.stop() }
}

/** The proxies that the server knows, with their states. */
async function proxies(admin: string): Promise<Record<string, string>> {
  const { stdout } = await place.run(['status', '--admin', admin, '--format', 'json'])
  return Object.fromEntries((JSON.parse(stdout) as { proxies: { id: string; state: string }[] }).proxies.map(({ id, state }) => [id, state]))
}

async function serve(name: string, argv: readonly string[]) {
  const admin = place.path(`${name}.sock`)
  const process = startSluice(place.dir, ['serve', '--admin', `unix:${admin}`, '--state-dir', name, ...argv])
  const [, xds = ''] = await process.says(/ready: proxies connect to \S+:(\d+)/)
  return { process, admin, xds: `127.0.0.1:${xds}`, [Symbol.asyncDispose]: () => process[Symbol.asyncDispose]() }
}

describe('serve over TCP', () => {
  it('serves a proxy with a certificate of the authority, and no other', async () => {
    await using server = await serve('mutual', ['--xds', '127.0.0.1:0', ...mutual])
    expect(server.process.stderr()).not.toContain('warning')
    {
      await using known = await connect('known', server.xds, ['--ca', 'ca.pem', '--cert', 'client.pem', '--key', 'client.key'], true)
      expect(await known.stat('control_plane.connected_state')).toBe(1)
      expect((await send(port, '/')).body).toBe('hello')
      expect(await proxies(server.admin)).toEqual({ known: 'current' })
      expect((await place.run(['status', '--admin', `unix:${server.admin}`])).code).toBe(0)
    }
    const refused: readonly (readonly [string, readonly string[]])[] = [
      ['without', ['--ca', 'ca.pem']],
      ['stranger', ['--ca', 'ca.pem', '--cert', 'stranger.pem', '--key', 'stranger.key']],
      ['misled', ['--ca', 'stranger.pem', '--cert', 'client.pem', '--key', 'client.key']],
    ]
    for (const [node, files] of refused) {
      await using envoy = await connect(node, server.xds, files, false)
      await until(`${node} has tried twice`, async () => (await envoy.stat('cluster.sluice.xds.upstream_cx_total')) > 1)
      expect([node, (await envoy.admin('/ready')).status]).toEqual([node, 503])
      // With TLS 1.3 a client takes itself for connected until it reads that its certificate is refused.
      await until(`${node} knows that it is not connected`, async () => (await envoy.stat('control_plane.connected_state')) === 0)
      expect(Object.keys(await proxies(server.admin))).not.toContain(node)
    }
  })

  it('tells its status to whoever shows a certificate of the authority', async () => {
    const port = await freePort()
    await using server = startSluice(place.dir, ['serve', '--admin', `127.0.0.1:${port}`, '--xds', '127.0.0.1:0', '--state-dir', 'told', ...mutual])
    await server.says(/ready: /)
    const admin = ['--admin', `https://127.0.0.1:${port}`]
    const [ca, cert, key] = [place.path('ca.pem'), place.path('client.pem'), place.path('client.key')]
    expect(await place.run(['status', ...admin, '--ca', ca, '--cert', cert, '--key', key])).toMatchObject({ code: 0, stderr: '' })
    const plan = await place.run(['plan', place.path('gateway.yaml'), '--against', 'live', ...admin, '--ca', ca, '--cert', cert, '--key', key])
    expect(plan).toMatchObject({ code: 0, stdout: 'No changes.\n' })
    expect((await place.run(['status', ...admin, '--ca', ca])).code).toBe(69)
    expect((await place.run(['status', ...admin])).stderr).toMatch(/certificate of \S+ is not trusted \(\w+\); --ca names its authority/)
    expect(await place.run(['status', ...admin, '--cert', cert])).toMatchObject({
      code: 64,
      stderr: expect.stringContaining('both --cert and --key') as string,
    })
    const plain = await place.run(['status', '--admin', `127.0.0.1:${port}`, '--ca', ca])
    expect(plain).toMatchObject({ code: 64, stderr: expect.stringContaining(`write --admin https://127.0.0.1:${port}`) as string })
  })

  it('--insecure opens it to the network, with a warning', async () => {
    await using server = await serve('insecure', ['--xds', '0.0.0.0:0', '--insecure'])
    expect(server.process.stderr()).toMatch(
      /warning: --xds 0\.0\.0\.0:0 is open to the network without TLS: whoever reaches it, .* private keys included/,
    )
    await using envoy = await connect('open', server.xds, [], true)
    expect((await send(port, '/')).body).toBe('hello')
    expect(await envoy.stat('control_plane.connected_state')).toBe(1)
    expect(await proxies(server.admin)).toEqual({ open: 'current' })
  })

  it('warns when TLS lets everyone in', async () => {
    await using server = await serve('anyone', ['--xds', '0.0.0.0:0', ...mutual.slice(0, 4)])
    expect(server.process.stderr()).toMatch(/warning: --xds 0\.0\.0\.0:0 is open to the network: without --client-ca, whoever reaches it reads/)
  })
})

describe('run', () => {
  it('has a socket for its own proxy, whatever certificate others are shown', async () => {
    const admin = place.path('run.sock')
    const argv = ['run', '--admin', admin, '--xds', '127.0.0.1:0', '--concurrency', '1', '--drain', '1s', ...mutual]
    await using running = startSluice(place.dir, argv)
    const [, xds = ''] = await running.says(/ready: public on \S+; admin API on \S+; other proxies connect to (127\.0\.0\.1:\d+)/)
    expect((await send(port, '/')).body).toBe('hello')
    expect(Object.values(await proxies(admin))).toEqual(['current'])
    await using other = await connect('other', xds, ['--ca', 'ca.pem', '--cert', 'client.pem', '--key', 'client.key'], false)
    await until('the other is connected', async () => Object.keys(await proxies(admin)).includes('other'))
    await using stranger = await connect('stranger', xds, ['--ca', 'ca.pem'], false)
    await until('the stranger has tried twice', async () => (await stranger.stat('cluster.sluice.xds.upstream_cx_total')) > 1)
    expect(Object.keys(await proxies(admin))).not.toContain('stranger')
    expect(await other.stat('control_plane.connected_state')).toBe(1)
  })
})
