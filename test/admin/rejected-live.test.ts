import { create } from '@bufbuild/protobuf'
import { AnySchema } from '@bufbuild/protobuf/wkt'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Type } from 'typebox'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Admin, createAdmin } from '../../src/admin/admin.ts'
import type { StatusView } from '../../src/admin/status-schema.ts'
import { bootstrap } from '../../src/envoy/bootstrap.ts'
import type { Feature } from '../../src/feature.ts'
import { features } from '../../src/features/index.ts'
import { serve, type Serving } from '../../src/serve.ts'
import { type Echo, startEcho } from '../support/echo.ts'
import { startEnvoy, type TestEnvoy } from '../support/envoy.ts'
import { freePort } from '../support/free-port.ts'
import { send } from '../support/http.ts'
import { until } from '../support/until.ts'
import { workplace } from '../cli/run-cli.ts'

/** A feature whose resources Envoy refuses, as a defect of a real one would be: nothing before the proxy notices. */
const trouble: Feature<string> = {
  name: 'trouble',
  points: [
    { at: 'route', key: 'trouble', schema: Type.String(), merge: 'replace' },
    { at: 'service', key: 'trouble', schema: Type.String(), merge: 'replace' },
  ],
  lower: (value) => String(value),
  envoy: {
    route: (key) => ({ requestHeadersToAdd: [{ header: { key, value: 'x' } }] }),
    cluster: (name) => ({ cluster: { filters: [{ name, typedConfig: create(AnySchema, { typeUrl: 'type.googleapis.com/sluice.Nowhere' }) }] } }),
  },
}

let echo: Echo
let serving: Serving
let admin: Admin
let envoy: TestEnvoy
let port: number
let adminPort: number
let dir: string
const lines: string[] = []

const text = (services: string, routes: string): string => `version: 1
name: shop
listeners:
  public: {port: ${port}, address: 127.0.0.1}
services:
  orders: {endpoints: ["127.0.0.1:${echo.port}"]}
${services}routes:
  orders: {match: {path: /orders/*}, to: orders}
${routes}`

const lineOf = (file: string, start: string): number => file.split('\n').findIndex((line) => line.startsWith(start)) + 1

async function write(file: string): Promise<void> {
  await writeFile(join(dir, 'gateway.yaml'), file)
  await serving.reload()
  expect(serving.last.diagnostics.filter(({ severity }) => severity === 'error')).toEqual([])
}

async function status(): Promise<StatusView> {
  const { status: code, body } = await send(adminPort, '/api/v1/status')
  expect(code).toBe(200)
  return (JSON.parse(body) as { data: { attributes: StatusView } }).data.attributes
}

const rejected = (count: number) =>
  until(`${count} refusals are known`, async () => {
    const [proxy] = (await status()).proxies
    return proxy?.rejected.length === count && proxy
  })

const answers = (path: string, code: number) => until(`${path} answers ${code}`, async () => (await send(port, path)).status === code)

beforeAll(async () => {
  echo = await startEcho()
  port = await freePort()
  dir = await mkdtemp(join(tmpdir(), 'sluice-rejected-'))
  await writeFile(join(dir, 'gateway.yaml'), text('', ''))
  serving = await serve({ config: join(dir, 'gateway.yaml'), stateDir: join(dir, 'state'), env: {}, watch: false, features: [...features, trouble] })
  admin = await createAdmin(serving, { onRejection: ({ message }) => lines.push(message) })
  adminPort = Number(new URL(await admin.listen({ port: 0 })).port)
  const xds = await serving.xds.listen({ host: '127.0.0.1', port: 0 })
  envoy = await startEnvoy({
    bootstrap: (path) =>
      bootstrap({ nodeId: 'edge-1', nodeCluster: 'shop', xds: { type: 'tcp', host: '127.0.0.1', port: xds.port }, admin: { type: 'pipe', path } }),
  })
  await answers('/orders/1', 200)
})

afterAll(async () => {
  await envoy.stop()
  await admin.close()
  await serving.close()
  await echo.close()
  await rm(dir, { recursive: true, force: true })
})

it('serves the good resources and names the line of the bad one', async () => {
  const file = text(
    `  bad:\n    trouble: nowhere\n    endpoints: ["127.0.0.1:${echo.port}"]\n  fresh: {endpoints: ["127.0.0.1:${echo.port}"]}\n`,
    '  fresh: {match: {path: /fresh/*}, to: fresh}\n  bad: {match: {path: /bad/*}, to: bad}\n',
  )
  await write(file)
  const proxy = await rejected(1)
  expect(proxy).toMatchObject({ id: 'edge-1', version: '1.40.0', state: 'rejected' })
  expect(proxy.rejected).toMatchObject([
    {
      type: 'cluster',
      name: 'bad',
      meaning: 'the proxy was built without an extension that this needs',
      culprits: [
        {
          node: 'service/bad',
          file: expect.stringMatching(/gateway\.yaml$/) as string,
          line: lineOf(file, '  bad:'),
          column: 3,
          path: '/services/bad',
        },
      ],
    },
  ])
  expect(proxy.rejected[0]?.message).toContain("Didn't find a registered implementation")
  await answers('/orders/1', 200)
  await answers('/fresh/1', 200)
  expect(lines).toHaveLength(1)
  expect(lines[0]).toContain(`gateway.yaml:${lineOf(file, '  bad:')}:3 (service bad)`)
  const { body } = await send(adminPort, '/metrics')
  expect(body).toMatch(/^sluice_xds_rejected_resources_total\{type="cluster"\} 1$/m)
  expect(body).toMatch(/^sluice_xds_connected_proxies 1$/m)
  expect(body).toMatch(/^sluice_xds_nacks_total\{type="cluster"\} [1-9]/m)
})

it('is told by `sluice status`, which ends with 1', async () => {
  const line = lineOf(await readFile(join(dir, 'gateway.yaml'), 'utf8'), '  bad:')
  await using place = await workplace()
  const { code, stdout, stderr } = await place.run(['status', '--admin', `127.0.0.1:${adminPort}`])
  expect([code, stderr]).toEqual([1, ''])
  expect(stdout).toMatch(/^configuration serving, [^]*\nproxy edge-1 rejected \(envoy 1\.40\.0, 127\.0\.0\.1:\d+\)/)
  expect(stdout).toMatch(
    new RegExp(
      `refused cluster bad since \\S+; it has no version of it\\n    \\S+gateway\\.yaml:${line}:3 service bad\\n    the proxy was built without .*\\n    .*registered implementation`,
    ),
  )
})

it('is content again when the file is mended', async () => {
  await write(text('', ''))
  const proxy = await rejected(0)
  expect(proxy.id).toBe('edge-1')
  await until('everything is accepted', async () => (await status()).proxies[0]?.state === 'current')
})

it('finds the one route that changed when the proxy names none', async () => {
  const file = text('', '  more: {match: {path: /more/*}, to: orders}\n  wrong:\n    match: {path: /wrong/*}\n    to: orders\n    trouble: x-fine\n')
  await write(file)
  await answers('/wrong/1', 200)
  const broken = file.replace('x-fine', '":path"')
  await write(broken)
  const proxy = await rejected(1)
  expect(proxy.rejected).toMatchObject([
    {
      type: 'routes',
      name: 'public',
      message: ':-prefixed or host headers may not be modified',
      culprits: [{ node: 'route/wrong', line: lineOf(broken, '  wrong:'), column: 3, path: '/routes/wrong' }],
    },
  ])
  expect(proxy.rejected[0]?.heldAt).toBeDefined()
  for (const path of ['/orders/1', '/more/1', '/wrong/1']) expect((await send(port, path)).status, path).toBe(200)
})

it('says "one of" when several changed', async () => {
  const file = text(
    '',
    '  more: {match: {path: /more2/*}, to: orders}\n  wrong:\n    match: {path: /wrong2/*}\n    to: orders\n    trouble: ":authority"\n',
  )
  await write(file)
  const proxy = await until('the new version is refused', async () => {
    const [now] = (await status()).proxies
    return now?.rejected.some(({ culprits }) => culprits.length === 2) && now
  })
  expect(
    proxy.rejected
      .find(({ culprits }) => culprits.length === 2)
      ?.culprits.map(({ node }) => node)
      .sort(),
  ).toEqual(['route/more', 'route/wrong'])
  expect(lines.at(-1)).toMatch(/: one of \S*gateway\.yaml:\d+:3 \(route (?:more|wrong)\), \S*gateway\.yaml:\d+:3/)
})
