import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import { expect, test } from 'vitest'
import type { ProxyStatus } from '../../src/xds/status.ts'
import { startEcho } from '../support/echo.ts'
import { startEnvoy } from '../support/envoy.ts'
import { freePort } from '../support/free-port.ts'
import { startLoad } from '../support/load.ts'
import { until } from '../support/until.ts'
import { bootstrapFor } from './rig.ts'

interface Line {
  readonly kind: string
  readonly versions?: Readonly<Record<string, string>>
  readonly proxies?: readonly ProxyStatus[]
  readonly resources?: number
}

interface ControlPlane {
  readonly process: ChildProcess
  readonly lines: readonly Line[]
  line(kind: string): Promise<Line>
  proxies(): Promise<readonly ProxyStatus[]>
}

function startControlPlane(config: string, socket: string): ControlPlane {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'control-plane.ts'), config, socket], { stdio: ['pipe', 'pipe', 'inherit'] })
  const lines: Line[] = []
  createInterface({ input: child.stdout }).on('line', (line) => lines.push(JSON.parse(line) as Line))
  const line = (kind: string): Promise<Line> => until(`the control plane says ${kind}`, () => lines.findLast((one) => one.kind === kind))
  return {
    process: child,
    lines,
    line,
    async proxies() {
      const before = lines.filter(({ kind }) => kind === 'status').length
      child.stdin.write('status\n')
      return until('it tells its status', () => {
        const answers = lines.filter(({ kind }) => kind === 'status')
        return answers.length > before ? (answers.at(-1)?.proxies ?? []) : false
      })
    },
  }
}

test('a control plane that is killed and started again: no request fails, nothing drains, nothing is sent again', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'sluice-kill-'))
  const [a, b] = [await startEcho('a'), await startEcho('b')]
  const port = await freePort()
  const config = join(dir, 'gateway.yaml')
  const socket = join(dir, 'xds.sock')
  const services = `services:\n  app: {endpoints: ["127.0.0.1:${a.port}", "127.0.0.1:${b.port}"], healthCheck: {interval: 100ms, timeout: 30s}}\n`
  await writeFile(config, `version: 1\nlisteners: {public: {port: ${port}}}\n${services}routes:\n  app: {match: {path: /*}, to: app}\n`)
  let plane = startControlPlane(config, socket)
  const { versions } = await plane.line('listening')
  const envoy = await startEnvoy({ bootstrap: bootstrapFor(socket) })
  const listenerStats = async (): Promise<string> => (await envoy.admin('/stats?filter=^listener_manager.(listener_|total_)')).body
  const statsBefore = await listenerStats()
  const load = startLoad({ port, rate: 300, path: (index) => `/${index}` })
  await until('the load runs', () => load.sent() > 100)
  for (let round = 0; round < 2; round++) {
    plane.process.kill('SIGKILL')
    await once(plane.process, 'exit')
    await rm(socket, { force: true })
    const without = load.sent()
    await until('the load runs without a control plane', () => load.sent() > without + 200)
    plane = startControlPlane(config, socket)
    expect((await plane.line('listening')).versions).toEqual(versions)
    await plane.line('connected')
    await until('the proxy is known to have everything', async () => {
      const [proxy] = await plane.proxies()
      return (
        Object.values(proxy?.types ?? {}).length >= 5 &&
        Object.values(proxy?.types ?? {}).every(({ accepted, wanted }) => accepted === wanted.resources)
      )
    })
    await delay(200)
    expect(plane.lines.filter(({ kind, resources }) => kind === 'pushed' && resources !== 0)).toEqual([])
  }
  const { requests, failures } = await load.stop()
  expect(failures).toEqual([])
  expect(requests).toBeGreaterThan(500)
  expect(await listenerStats()).toBe(statsBefore)
  await envoy.stop()
  plane.process.kill('SIGKILL')
  await once(plane.process, 'exit')
  await Promise.all([a.close(), b.close()])
  await rm(dir, { recursive: true, force: true })
})
