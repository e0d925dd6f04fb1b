import { readFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
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
const run = ['run', '--engine', 'nginx', '--admin', '127.0.0.1:0', '--concurrency', '2', '--drain', '1s']
const ready = /ready: public on 127\.0\.0\.1:\d+; admin API on http:\/\/(\S+)/

async function childrenOf(pid: number): Promise<number[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')
  return text.trim().split(' ').filter(Boolean).map(Number)
}

async function engineOf(address: string): Promise<{ pid: number; detail: string }> {
  const text = await fetch(`http://${address}/health/detailed`).then((reply) => reply.text())
  const [, detail = '', pid] = /"detail":"(pid (\d+)[^"]*)"/.exec(text) ?? []
  return { pid: Number(pid), detail }
}

describe('plan --target nginx --against live', () => {
  it('compares with the server, and knows what its nginx was started with', async () => {
    const [port, other] = [await freePort(), await freePort()]
    const files = { 'gateway.yaml': config(port, 'one'), 'moved.yaml': config(other, 'one'), 'said.yaml': config(port, 'two') }
    await using place = await workplace(files)
    await using running = startSluice(place.dir, run)
    const [, address = ''] = await running.says(ready)
    const plan = (...words: string[]) => place.run(['plan', ...words, '--against', 'live', '--admin', address, '--exit-code', '--quiet'])
    expect(await plan('--target', 'nginx')).toEqual({ code: 0, stdout: 'No changes.\n', stderr: '' })
    const [moved, said] = [await plan('moved.yaml', '--target', 'nginx'), await plan('said.yaml', '--target', 'nginx')]
    expect([moved.code, said.code]).toEqual([2, 2])
    expect(moved.stdout).toContain(
      `nginx is reloaded: listener public moves from 127.0.0.1:${port} to 127.0.0.1:${other}.\nListener public changes: `,
    )
    expect(said.stdout).toMatch(/\nEach proxy gets routes: 1 \(\d+ B\)\.\nNo connection drops\.\n$/)
    expect(await plan()).toEqual({ code: 64, stdout: '', stderr: `error: the server at ${address} serves nginx; plan for it with --target nginx\n` })
  })
})

describe('run --engine nginx', () => {
  it('serves, follows the file, keeps the last good over a bad file, tells its status, and leaves no process', async () => {
    const port = await freePort()
    await using place = await workplace({ 'gateway.yaml': config(port, 'one') })
    await using running = startSluice(place.dir, run)
    const [, address = ''] = await running.says(ready)
    expect((await send(port, '/')).body).toBe('one')
    const counted = 'sluice_requests_total{route="hello",service="",status="200"} 1'
    await until('the request is counted', async () => (await send(Number(address.split(':')[1]), '/metrics/proxy')).body.includes(counted))
    const { pid } = await engineOf(address)
    const workers = await childrenOf(pid)

    await place.write('gateway.yaml', config(port, 'two'))
    await until('the change is served', async () => (await send(port, '/')).body === 'two')
    await running.says(/change 2 is answered by 2 proxies/)
    await until('it is known of all', async () => (await place.run(['status', '--admin', address])).code === 0)
    await place.write('gateway.yaml', config(port, 'three').replace('respond', 'repond'))
    await running.says(/error config\/unknown-key: unknown key "repond"\n {2}gateway\.yaml:4:/)
    expect((await send(port, '/')).body).toBe('two')

    const status = await place.run(['status', '--admin', address])
    expect([status.code, status.stderr]).toEqual([1, ''])
    expect(status.stdout).toMatch(/^configuration last-good, version \w+, since \S+: the files have 1 error\n\nerror config\/unknown-key: /)
    expect(status.stdout).toMatch(
      /\nproxy \S+\/worker-0 current \((?:nginx|openresty) 1\.[\d.]+, unix\), connected since \S+\n(?:.*\n)* {2}nginx\.conf 1\/1\n/,
    )
    expect(status.stdout).toMatch(/^ {2}route +1\/1$/m)
    expect(status.stdout.match(/ current /g)).toHaveLength(2)

    await place.write('gateway.yaml', config(port, 'two'))
    await running.says(/the files are usable again; nothing to change/)
    expect((await place.run(['status', '--admin', address])).code).toBe(0)
    running.process.kill('SIGHUP')
    await running.says(/reload asked for: nothing to change/)

    const metrics = await fetch(`http://${address}/metrics`).then((reply) => reply.text())
    expect(metrics).toMatch(/^sluice_nginx_acks_total\{type="route"\} 2$/m)
    expect(metrics).toMatch(/^sluice_nginx_connected_proxies 2$/m)
    expect((await fetch(`http://${address}/health/ready`)).status).toBe(200)
    await running.says(/^nginx {2}\| \{.*"path":"\/"/m)

    expect([(await engineOf(address)).detail, await childrenOf(pid)]).toEqual([`pid ${pid}, 0 restarts, 0 reloads`, workers])
    expect(await running.end('SIGTERM')).toBe(0)
    expect([pid, ...workers].filter(alive)).toEqual([])
    expect(running.stdout()).toBe('')
  })

  it('reloads for a listener, and for nothing else; one whose port is taken is refused with its line, and the old configuration serves', async () => {
    const [port, second] = [await freePort(), await freePort()]
    await using place = await workplace({ 'gateway.yaml': config(port, 'one') })
    await using running = startSluice(place.dir, run)
    const [, address = ''] = await running.says(ready)
    const conf = (): Promise<string> => readFile(join(place.dir, '.sluice/run/nginx/nginx.conf'), 'utf8')
    const before = await conf()
    const holder = createServer()
    await new Promise<void>((resolve) => holder.listen(second, '127.0.0.1', resolve))

    const two = config(port, 'two').replace('}}\nroutes', `}, more: {port: ${second}, address: 127.0.0.1}}\nroutes`)
    await place.write('gateway.yaml', two)
    await running.says(
      /refused listener "more": gateway\.yaml:2:\d+ \(listener more\): port \d+ is in use by node \(pid \d+\); change listeners\.more\.port/,
    )
    expect([(await send(port, '/')).body, await conf()]).toEqual(['one', before])
    const status = await place.run(['status', '--admin', address])
    expect(status.code).toBe(1)
    expect(status.stdout).toMatch(/ rejected \((?:nginx|openresty)/)
    expect(status.stdout).toMatch(/ {2}refused listener more since \S+; .*\n {4}gateway\.yaml:2:\d+ listener more\n {4}port \d+ is in use by node/)

    await new Promise((resolve) => holder.close(resolve))
    running.process.kill('SIGHUP')
    await until('the second port serves the new route', async () => (await send(second, '/').catch(() => undefined))?.body === 'two')
    expect((await send(port, '/')).body).toBe('two')
    await until('the status is well', async () => (await place.run(['status', '--admin', address])).code === 0)
    expect((await engineOf(address)).detail).toMatch(/, 0 restarts, 1 reload$/)

    // What `plan` says needs a reload does; the same port on every address is no port that is taken.
    const everywhere = config(port, 'three').replace(', address: 127.0.0.1', '')
    const plan = await place.run(['plan', '--target', 'nginx', '--against', 'live', '--admin', address, '-'], { stdin: everywhere })
    expect([plan.code, plan.stdout]).toEqual([
      0,
      expect.stringMatching(/nginx is reloaded: .*listener public moves from 127\.0\.0\.1:\d+ to 0\.0\.0\.0:\d+/s),
    ])
    await place.write('gateway.yaml', everywhere)
    await until('the second port is closed', async () => (await send(second, '/').catch(() => undefined)) === undefined)
    await until('the route is new', async () => (await send(port, '/')).body === 'three')
    expect((await engineOf(address)).detail).toMatch(/, 0 restarts, 2 reloads$/)
  })

  it('writes its log, and that of nginx, as one stream of JSON lines', async () => {
    const port = await freePort()
    await using place = await workplace({ 'gateway.yaml': config(port, 'one') })
    await using running = startSluice(place.dir, [...run, '--log-format', 'json'])
    await running.says(/"event":"ready"/)
    await send(port, '/')
    await running.says(/"access":/)
    expect(await running.end('SIGINT')).toBe(0)
    const parsed = running
      .stderr()
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { level: string; source: string; access?: Record<string, unknown> })
    expect(new Set(parsed.map(({ source }) => source))).toEqual(new Set(['sluice', 'nginx']))
    expect(parsed.flatMap(({ access, source }) => (access ? [[source, access['path'], access['status']]] : []))).toEqual([['nginx', '/', 200]])
  })

  it('names a taken port and the key to change, and ends with 1; a second run of the directory is refused', async () => {
    const port = await freePort()
    await using place = await workplace({ 'gateway.yaml': config(port, 'one'), 'other.yaml': config(port, 'other') })
    await using first = startSluice(place.dir, run)
    await first.says(ready)
    const again = await place.run(run)
    expect([again.code, again.stderr]).toEqual([1, expect.stringMatching(/^error: another sluice \(pid \d+\) already runs the proxy of /)])
    const other = await place.run([...run, 'other.yaml', '--state-dir', 'other'])
    expect(other.code).toBe(1)
    expect(other.stderr).toMatch(new RegExp(`error: port ${port} is in use by nginx \\(pid \\d+\\); change listeners\\.public\\.port\n$`))
    expect((await send(port, '/')).body).toBe('one')
    const usage = await place.run([...run, '--xds', '127.0.0.1:0'])
    expect([usage.code, usage.stderr]).toEqual([64, expect.stringContaining('--xds is for Envoy') as string])
  })

  it('starts with the last good configuration when the file is bad', async () => {
    const port = await freePort()
    await using place = await workplace({ 'gateway.yaml': config(port, 'one') })
    const first = startSluice(place.dir, run)
    await first.says(ready)
    expect(await first.end('SIGTERM')).toBe(0)
    await place.write('gateway.yaml', 'version: [')
    await using second = startSluice(place.dir, run)
    await second.says(/the files are not usable; what was served at \S+ is served again/)
    await second.says(ready)
    expect((await send(port, '/')).body).toBe('one')
  })
})
