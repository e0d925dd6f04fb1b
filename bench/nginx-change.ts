import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { deltaBetween } from '../src/nginx/delta.ts'
import { stateOf, type State } from '../src/nginx/state.ts'
import { freePort } from '../test/support/free-port.ts'
import { compileForNginx } from '../test/support/nginx.ts'
import { writeLargeSystem } from './large-system.ts'
import { cpuMicros, timed } from './support/process-time.ts'
import { type BenchNginx, startTree, writeGateway, writePlain } from './support/nginx.ts'
import { type BenchOptions, load, percentile, printTable, target } from './support/report.ts'
import { longestLook, noteLooks } from './support/worker-looks.ts'

/** Live changes of one nginx with two workers and many routes: how long the answer takes, what a change costs, and whether a request fails or waits. */
export async function run({ quick }: BenchOptions): Promise<void> {
  const routes = quick ? 200 : 5_000
  const changes = quick ? 20 : 1_000
  const upstreamPort = await freePort()
  const upstream = await startTree(writePlain(`access_log off; server { listen 127.0.0.1:${upstreamPort}; location / { return 200 "{}"; } }`), {
    cpu: 0,
  })
  const port = await freePort()
  const { state, dir } = await large(port, routes, upstreamPort)
  noteLooks(dir)
  const nginx = await startTree(dir)
  const probe = new Worker(join(import.meta.dirname, 'support/request-probe.ts'), {
    workerData: { port, host: 'h0.example.com', path: '/api/v1/r0/documents/1', connections: 4 },
  })
  try {
    await new Promise<void>((resolve) => probe.once('message', () => resolve()))
    const rows: (string | number)[][] = []
    const states = [state, other(state, 'service/service-1')] as const
    const deltas = [deltaBetween(states[0], states[1]), deltaBetween(states[1], states[0])] as const
    rows.push(await measure('one service, answer at once', changes, nginx, (index) => nginx.live.post(deltas[index % 2 === 0 ? 0 : 1], false)))
    rows.push(await measure('one service, answer of all workers', changes, nginx, (index) => nginx.live.post(deltas[index % 2 === 0 ? 0 : 1])))
    // A whole document is built in slices, by the very thread that looks for changes.
    const longest = longestLook(dir)
    rows.push(await measure('whole document', Math.ceil(changes / 50), nginx, (index) => nginx.live.put(states[index % 2 === 0 ? 1 : 0])))
    probe.postMessage('stop')
    const seen = await new Promise<{ readonly times: number[]; readonly failed: number }>((resolve) => probe.once('message', resolve))
    printTable(
      `Live changes with ${routes} routes, two workers, requests on four connections meanwhile (load ${load()})`,
      ['change', 'times', 'answer p50 ms', 'p99 ms', 'max ms', 'CPU of both workers, ms'],
      rows,
    )
    printTable(
      'Requests meanwhile',
      ['requests', 'failed', 'p50 ms', 'p99 ms', 'p99.9 ms', 'max ms'],
      [[seen.times.length, seen.failed, ...[50, 99, 99.9, 100].map((percent) => percentile(seen.times, percent))]],
    )
    target(`delta of one service p99 with ${routes} routes`, Number(rows[0]?.[3]), 2, 'ms')
    target('the same, until all workers have it', Number(rows[1]?.[3]), 2, 'ms')
    target('most CPU that a worker uses at a stretch, while deltas come', longest, 5, 'ms')
    target('requests that failed', seen.failed, 0)
  } finally {
    await probe.terminate()
    await nginx.stop()
    await upstream.stop()
  }
}

async function measure(
  name: string,
  times: number,
  nginx: BenchNginx,
  change: (index: number) => ReturnType<BenchNginx['live']['put']>,
): Promise<(string | number)[]> {
  const waits: number[] = []
  const cpu = (): number => nginx.workers.reduce((sum, pid) => sum + cpuMicros(pid), 0)
  const before = cpu()
  for (let index = 0; index < times; index++) {
    const { value, wall } = await timed(() => change(index))
    if (!value.accepted) throw new Error(value.reason)
    waits.push(wall)
  }
  // Requests are in it as well, at the rate at which the probe asks.
  const used = (cpu() - before) / times / 1000
  return [name, times, percentile(waits, 50), percentile(waits, 99), percentile(waits, 100), used]
}

async function large(port: number, routes: number, upstream: number): Promise<{ readonly state: State; readonly dir: string }> {
  const dir = mkdtempSync(join(tmpdir(), 'sluice-bench-'))
  try {
    const root = writeLargeSystem(dir, {
      services: Math.max(10, routes / 5),
      routes,
      hosts: 10,
      port,
      plain: true,
      endpoints: [`127.0.0.1:${upstream}`],
      healthChecks: false,
    })
    const made = await compileForNginx(root)
    return { state: made.state, dir: await writeGateway(made, 2) }
  } finally {
    rmSync(dir, { recursive: true })
  }
}

/** The same state with another weight in one service. */
function other(state: State, key: string): State {
  const lines = [...state.lines.values()].map((line) =>
    line.key === key ? { ...line, version: `${line.version.slice(1)}x`, json: line.json.replace('"weight":1', '"weight":2') } : line,
  )
  return stateOf(lines)
}
