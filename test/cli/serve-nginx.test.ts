import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { nginxAdmin } from '../../src/engine/nginx-admin.ts'
import { installNginx } from '../../src/engine/nginx-install.ts'
import { guardChild } from '../../src/engine/parent-guard.ts'
import { freePort } from '../support/free-port.ts'
import { send } from '../support/http.ts'
import { startLoad } from '../support/load.ts'
import { until } from '../support/until.ts'
import { workplace } from './run-cli.ts'
import { startSluice } from './serving.ts'

const config = (port: number, text: string, more = ''): string => `version: 1
listeners: {public: {port: ${port}, address: 127.0.0.1}${more}}
routes:
  hello: {match: {path: /*}, respond: {status: 200, text: ${text}}}
`
const serve = ['serve', '--engine', 'nginx', '--dir', 'tree', '--admin', '127.0.0.1:0']
const ready = /ready: nginx in \S+ \(to start it: \S+ -p \S+ -c nginx\.conf\), admin API on http:\/\/(\S+)/

/** An nginx that somebody else starts; it ends with the test at the latest. */
let others: ChildProcess[] = []
afterEach(async () => {
  for (const child of others) {
    if (child.exitCode !== null || child.signalCode !== null) continue
    child.kill('SIGTERM')
    await once(child, 'exit')
  }
  others = []
})
async function startNginx(dir: string): Promise<ChildProcess> {
  const binary = await installNginx()
  const child = spawn(binary.path, ['-p', dir, '-c', 'nginx.conf'], { cwd: dir, stdio: 'ignore' })
  others.push(child)
  const release = guardChild(child.pid ?? 0)
  child.once('exit', release)
  return child
}

const body = async (port: number): Promise<string | undefined> => (await send(port, '/').catch(() => undefined))?.body

describe('serve --engine nginx', () => {
  it('writes the tree, takes up the nginx that is started on it, and sends it what changes', async () => {
    const [port, second] = [await freePort(), await freePort()]
    await using place = await workplace({ 'gateway.yaml': config(port, 'one') })
    await using running = startSluice(place.dir, serve)
    const [, address = ''] = await running.says(ready)
    const dir = place.path('tree')
    await until('the tree is there', async () => (await readFile(join(dir, 'nginx.conf'), 'utf8').catch(() => '')) !== '')
    expect((await fetch(`http://${address}/health/ready`)).status).toBe(503)
    expect((await place.run(['status', '--admin', address])).stdout).toContain('no proxy is connected')
    await place.write('gateway.yaml', config(port, 'two'))
    await until('the tree has the change', async () => (await readFile(join(dir, 'state/data.jsonl'), 'utf8')).includes('two'))

    const nginx = await startNginx(dir)
    await until('it serves', async () => (await body(port)) === 'two')
    await running.says(/proxy \S+\/worker-0 \((?:nginx|openresty) \S+, unix\) connected/)
    await until('it is ready', async () => (await fetch(`http://${address}/health/ready`)).status === 200)
    await place.write('gateway.yaml', config(port, 'three'))
    await until('the change is live', async () => (await body(port)) === 'three')
    await place.write('gateway.yaml', config(port, 'three', `, more: {port: ${second}, address: 127.0.0.1}`))
    await until('the new port answers', async () => (await body(second)) === 'three')
    expect(await fetch(`http://${address}/health/detailed`).then((reply) => reply.text())).toContain(', 1 reload"')

    const locked = await place.run([...serve, '--state-dir', 'other'])
    expect([locked.code, locked.stderr]).toEqual([1, expect.stringContaining('already runs the proxy of') as string])
    expect(await running.end('SIGTERM')).toBe(0)
    expect([nginx.exitCode, await body(port), await body(second)]).toEqual([null, 'three', 'three'])
  })

  it('that is killed and started again: no request fails, the same version, nothing is sent or reloaded', async () => {
    const port = await freePort()
    await using place = await workplace({ 'gateway.yaml': config(port, 'one') })
    const first = startSluice(place.dir, serve)
    await first.says(ready)
    const dir = place.path('tree')
    await until('the tree is there', async () => (await readFile(join(dir, 'nginx.conf'), 'utf8').catch(() => '')) !== '')
    await startNginx(dir)
    await first.says(/worker-0 .* connected/)
    await place.write('gateway.yaml', config(port, 'two'))
    await first.says(/change 2 is answered by /)
    const admin = nginxAdmin(join(dir, 'run/admin.sock'))
    const before = await admin.status()
    const load = startLoad({ port, rate: 300, path: (index) => `/${index}` })
    await until('the load runs', () => load.sent() > 50)
    for (let round = 0; round < 2; round++) {
      first.process.kill('SIGKILL')
      await first.exited
      const without = load.sent()
      await until('the load goes on without a control plane', () => load.sent() > without + 100)
      const again = startSluice(place.dir, serve)
      await again.says(/worker-0 .* connected/)
      const [, address = ''] = await again.says(ready)
      await until('it knows that all is there', async () => (await fetch(`http://${address}/health/ready`)).status === 200)
      const metrics = await fetch(`http://${address}/metrics`).then((reply) => reply.text())
      expect(metrics).not.toMatch(/^sluice_nginx_pushes_total\{/m)
      expect(await again.end('SIGKILL')).toBe('SIGKILL')
    }
    const { failures, requests } = await load.stop()
    expect([failures, requests > 300]).toEqual([[], true])
    const { version, number, workers } = await admin.status()
    expect([version, number, workers.map(({ pid }) => pid)]).toEqual([before.version, before.number, before.workers.map(({ pid }) => pid)])
  })

  it.each([
    [['--engine', 'nginx'], '--engine nginx needs --dir'],
    [['--engine', 'nginx', '--dir', 'x', '--xds', '127.0.0.1:0'], '--xds is for Envoy'],
    [['--dir', 'x'], '--dir is for --engine nginx'],
    [['--engine', 'nginx', '--dir', 'x'.repeat(120)], 'is too long for a unix socket'],
  ])('refuses %o as usage', async (argv, words) => {
    await using place = await workplace({ 'gateway.yaml': config(1, 'one') })
    const { code, stderr } = await place.run(['serve', ...argv])
    expect([code, stderr]).toEqual([64, expect.stringContaining(words) as string])
  })
})
