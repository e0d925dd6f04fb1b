import { existsSync } from 'node:fs'
import { createServer } from 'node:net'
import { describe, expect, it } from 'vitest'
import { freePort } from '../support/free-port.ts'
import { send } from '../support/http.ts'
import { until } from '../support/until.ts'
import { workplace } from './run-cli.ts'
import { alive, startSluice } from './serving.ts'

const config = (port: number, text: string): string => `version: 1
listeners: {public: {port: ${port}, address: 127.0.0.1}}
routes:
  hello: {match: {path: /}, respond: {status: 200, text: ${text}}}
`
const options = ['--admin', '127.0.0.1:0', '--concurrency', '1', '--drain', '1s']

interface Line {
  readonly level: string
  readonly time: string
  readonly source: string
  readonly msg?: string
  readonly access?: Readonly<Record<string, unknown>>
}

describe('run', () => {
  it('serves, follows the file, keeps the last good over a bad file, tells its status, and leaves no process', async () => {
    const port = await freePort()
    await using place = await workplace({ 'gateway.yaml': config(port, 'one') })
    await using running = startSluice(place.dir, ['run', ...options])
    const [, address = ''] = await running.says(/ready: public on 127\.0\.0\.1:\d+; admin API on http:\/\/(\S+)/)
    expect((await send(port, '/')).body).toBe('one')
    const metrics = (await send(Number(address.split(':')[1]), '/metrics/proxy')).body
    expect(metrics).toMatch(/^envoy_http_downstream_rq_total\{envoy_http_conn_manager_prefix="public"\} 1$/m)

    await place.write('gateway.yaml', config(port, 'two'))
    await until('the change is served', async () => (await send(port, '/')).body === 'two')
    await until('its acceptance has arrived', async () => (await place.run(['status', '--admin', address])).code === 0)
    expect((await place.run(['plan', '--against', 'live', '--admin', address, '--exit-code'])).stdout).toBe('No changes.\n')
    await place.write('gateway.yaml', config(port, 'three').replace('respond', 'repond'))
    await running.says(/error config\/unknown-key: unknown key "repond"\n {2}gateway\.yaml:4:/)
    expect((await send(port, '/')).body).toBe('two')

    const status = await place.run(['status', '--admin', address])
    expect([status.code, status.stderr]).toEqual([1, ''])
    expect(status.stdout).toMatch(/^configuration last-good, version \w+, since \S+: the files have 1 error\n\nerror config\/unknown-key: /)
    expect(status.stdout).toMatch(
      /unknown key "repond"\n {2}gateway\.yaml:4:29\n {2}help: did you mean "respond"\?\n\nproxy \S+ current \(envoy 1\.40\.0, unix\), /,
    )
    expect(status.stdout).toMatch(/^ {2}routes +1\/1$/m)
    const json = JSON.parse((await place.run(['status', '--admin', address, '--format', 'json'])).stdout) as {
      schemaVersion: number
      proxies: { state: string }[]
      findings: { code: string }[]
    }
    expect([json.schemaVersion, json.proxies.map(({ state }) => state)]).toEqual([1, ['current']])
    expect(json.findings.map(({ code }) => code)).toEqual(['config/unknown-key'])

    await place.write('gateway.yaml', config(port, 'two'))
    await running.says(/the files are usable again; nothing to change/)
    expect((await place.run(['status', '--admin', address])).code).toBe(0)

    await place.write('gateway.yaml', config(port, 'four'))
    const planned = await place.run(['plan', '--against', 'live', '--admin', address, '--quiet'])
    expect([0, 2]).toContain(planned.code)
    running.process.kill('SIGHUP')
    await until('SIGHUP reads the file', async () => (await send(port, '/')).body === 'four')
    running.process.kill('SIGHUP')
    await running.says(/reload asked for: nothing to change/)
    await place.write('gateway.yaml', config(port, 'five').replace('respond', 'repond'))
    await until('the second finding', () => running.stderr().match(/unknown key "repond"/g)?.length === 2)
    running.process.kill('SIGHUP')
    await running.says(/reload asked for: the files are still not usable/)
    await place.write('gateway.yaml', config(port, 'four'))
    await until('the files are usable again', () => running.stderr().match(/the files are usable again; nothing to change/g)?.length === 2)

    const engine = Number((await fetch(`http://${address}/health/detailed`).then((reply) => reply.text())).match(/pid (\d+)/)?.[1])
    expect(alive(engine)).toBe(true)
    expect(await running.end('SIGTERM')).toBe(0)
    expect(alive(engine)).toBe(false)
    const own = running.stderr().match(/^sluice \|.*$/gm) ?? []
    expect(own.length).toBeGreaterThan(5)
    for (const line of own) expect(line).toMatch(/^sluice \| \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z \S/)
    expect(running.stdout()).toBe('')
    expect((await place.run(['status', '--admin', address])).code).toBe(69)
    expect((await place.run(['plan', '--exit-code'])).stdout).toBe('No changes.\n')
  })

  it('writes its log, and that of the proxy, as one stream of JSON lines', async () => {
    const port = await freePort()
    await using place = await workplace({ 'gateway.yaml': config(port, 'one') })
    await using running = startSluice(place.dir, ['run', ...options, '--log-format', 'json'])
    await running.says(/"event":"ready"/)
    await send(port, '/')
    await running.says(/"access":/)
    expect(await running.end('SIGINT')).toBe(0)
    const lines = running.stderr().trim().split('\n')
    const parsed = lines.map((line) => JSON.parse(line) as Line)
    expect(new Set(parsed.map(({ source }) => source))).toEqual(new Set(['sluice', 'envoy']))
    for (const { level, time } of parsed) expect([level, new Date(time).getTime() > 0]).toEqual(['info', true])
    const access = parsed.filter(({ access }) => access)
    expect(access.map(({ source, msg, access }) => [source, msg, access?.['path'], access?.['status']])).toEqual([['envoy', undefined, '/', 200]])
    for (const { msg } of parsed.filter(({ access }) => !access)) expect(typeof msg).toBe('string')
  })

  it('names a taken port and the key to change, and ends with 1', async () => {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const port = (server.address() as { port: number }).port
    await using place = await workplace({ 'gateway.yaml': config(port, 'one') })
    await using running = startSluice(place.dir, ['run', ...options])
    expect(await running.exited).toBe(1)
    expect(running.stderr()).toContain(`error: port ${port} is in use by`)
    expect(running.stderr()).toContain('change listeners.public.port')
    await new Promise((resolve) => server.close(resolve))
  })

  it('starts with the last good configuration when the file is bad, and without one ends with the finding', async () => {
    const port = await freePort()
    await using place = await workplace({ 'gateway.yaml': config(port, 'one').replace('respond', 'repond') })
    await using refused = startSluice(place.dir, ['run', ...options])
    expect(await refused.exited).toBe(1)
    expect(refused.stderr()).toMatch(/^error config\/unknown-key: unknown key "repond"\n {2}gateway\.yaml:4:/)
    expect(refused.stderr().match(/unknown key/g)).toHaveLength(1)
    expect(existsSync(place.path('.sluice'))).toBe(false)
    await place.write('gateway.yaml', config(port, 'one'))
    const first = startSluice(place.dir, ['run', ...options])
    await first.says(/ready: /)
    expect(await first.end('SIGTERM')).toBe(0)
    await place.write('gateway.yaml', 'version: [')
    await using second = startSluice(place.dir, ['run', ...options])
    await second.says(/the files are not usable; what was served at \S+ is served again/)
    await second.says(/ready: /)
    expect((await send(port, '/')).body).toBe('one')
  })

  it('names the other sluice of the same directory, before it opens anything', async () => {
    const port = await freePort()
    await using place = await workplace({ 'gateway.yaml': config(port, 'one') })
    await using first = startSluice(place.dir, ['run', ...options])
    await first.says(/ready: /)
    const second = await place.run(['run', ...options])
    expect([second.code, second.stdout]).toEqual([1, ''])
    expect(second.stderr).toMatch(new RegExp(`^error: another sluice \\(pid ${first.process.pid}\\) already runs the proxy of .*\n$`))
    expect((await send(port, '/')).body).toBe('one')
  })
})

describe('serve', () => {
  it('listens for proxies and for the admin API, and ends with 0', async () => {
    await using place = await workplace({ 'gateway.yaml': config(1, 'one') })
    await using running = startSluice(place.dir, ['serve', '--admin', '127.0.0.1:0', '--xds', '127.0.0.1:0'])
    const [, address = ''] = await running.says(/ready: proxies connect to 127\.0\.0\.1:\d+, admin API on http:\/\/(\S+)/)
    expect((await place.run(['status', '--admin', address])).stdout).toContain('no proxy is connected')
    const changed = await place.run(['plan', '--against', 'live', '--admin', address, '--exit-code', '-'], { stdin: config(2, 'two') })
    expect(changed.code).toBe(2)
    expect(changed.stdout).toMatch(/^~ listener public\n {4}~ port: 1 → 2\n~ route hello\n {4}~ respond\.text: one → two\n/)
    expect(changed.stdout).toContain('Listener public changes: connections on 127.0.0.1:1 are drained')
    expect(await running.end('SIGTERM')).toBe(0)
  })

  it.each([
    [['--xds', '0.0.0.0:0'], '--xds 0.0.0.0:0 would be open to the network'],
    [['--admin', '0.0.0.0:0'], '--admin 0.0.0.0:0 would be open to the network'],
    [['--xds', 'nowhere'], 'It must be host:port'],
    [['--tls-cert', 'c.pem'], 'TLS needs both'],
  ])('refuses %o as usage', async (argv, words) => {
    await using place = await workplace({ 'gateway.yaml': config(1, 'one') })
    const { code, stdout, stderr } = await place.run(['serve', ...argv])
    expect([code, stdout]).toEqual([64, ''])
    expect(stderr).toContain(words)
  })

  it.each([
    ['gateway.yaml', 'version: 1\n', 1, 'gateway/no-listener'],
    ['missing.yaml', '', 65, 'config/missing-file'],
  ])('ends with the findings of %s', async (file, text, code, finding) => {
    await using place = await workplace(text === '' ? {} : { [file]: text })
    const ended = await place.run(['serve', file])
    expect([ended.code, ended.stdout]).toEqual([code, ''])
    expect(ended.stderr).toContain(finding)
  })

  it('says which option to change when a port is taken', async () => {
    await using place = await workplace({ 'gateway.yaml': config(1, 'one') })
    await using running = startSluice(place.dir, ['serve', '--admin', '127.0.0.1:0', '--xds', '127.0.0.1:0'])
    const [, xds = '', admin = ''] = await running.says(/proxies connect to (\S+), admin API on http:\/\/(\S+)/)
    const second = await place.run(['serve', '--admin', '127.0.0.1:0', '--xds', xds, '--state-dir', 'a'])
    expect([second.code, second.stderr]).toEqual([
      1,
      expect.stringContaining('error: cannot listen where --xds says: it is in use by another process'),
    ])
    const third = await place.run(['serve', '--admin', admin, '--xds', '127.0.0.1:0', '--state-dir', 'b'])
    expect([third.code, third.stderr]).toEqual([
      1,
      expect.stringContaining('error: cannot listen where --admin says: it is in use by another process'),
    ])
  })
})
