import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { createInterface, type Interface } from 'node:readline'
import { startSystem } from './support/live-system.ts'
import { memory, timed } from './support/process-time.ts'
import { type BenchOptions, load, percentile, printTable, target } from './support/report.ts'

interface Group {
  readonly child: ChildProcess
  readonly lines: Interface
}

interface Told {
  readonly ms: readonly number[]
  readonly resources: number
}

/** Many proxies that connect at once: how long until all have everything, what that costs the control plane, and how responsive it stays. */
export async function run({ quick }: BenchOptions): Promise<void> {
  const proxies = quick ? 20 : 200
  const services = quick ? 100 : 1_000
  const processes = 4
  const system = await startSystem({ services, routes: services, hosts: Math.ceil(services / 20), files: 1, healthChecks: false })
  const groups = Array.from({ length: processes }, (_, index) => start(system.socket, index, proxies / processes, services))
  const rows: (string | number)[][] = []
  try {
    for (const what of ['connect', 'reconnect'] as const) {
      const lag = monitorEventLoopDelay({ resolution: 5 })
      lag.enable()
      const { value: told, cpu } = await timed(() => Promise.all(groups.map((group) => order(group, what))))
      lag.disable()
      const ms = told.flatMap((one) => one.ms)
      const p99 = lag.percentile(99) / 1e6 - 5
      const { now, peak } = memory(process.pid)
      const sent = told.reduce((sum, { resources }) => sum + resources, 0)
      rows.push([what, percentile(ms, 50), Math.max(...ms), sent, cpu, p99, lag.max / 1e6 - 5, now, peak])
      target(`${proxies} proxies ${what}, all converged`, Math.max(...ms) / 1000, 10, 's')
      target(`event-loop lag p99 meanwhile`, p99, 200, 'ms')
    }
    printTable(
      `${proxies} simulated proxies at once, ${services} services, ${services} routes (load ${load()})`,
      ['what', 'p50 ms', 'last ms', 'resources sent', 'CPU of sluice, ms', 'lag p99, ms', 'lag max, ms', 'RSS, MB', 'peak RSS, MB'],
      rows,
    )
  } finally {
    await Promise.all(groups.map(stop))
    await system.close()
  }
}

function start(socket: string, index: number, count: number, services: number): Group {
  const args = [join(import.meta.dirname, 'support/herd-clients.ts'), socket, String(index * count), String(count), String(services)]
  const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] })
  return { child, lines: createInterface({ input: child.stdout }) }
}

async function order({ child, lines }: Group, what: string): Promise<Told> {
  const answer = once(lines, 'line') as Promise<[string]>
  child.stdin?.write(`${what}\n`)
  const [line] = await Promise.race([answer, once(child, 'exit').then(() => Promise.reject(new Error('the clients have ended')))])
  return JSON.parse(line) as Told
}

async function stop({ child }: Group): Promise<void> {
  const exited = child.exitCode === null ? once(child, 'exit') : Promise.resolve()
  child.stdin?.end()
  await exited
}
