import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { freePort } from '../test/support/free-port.ts'
import type { Arrival } from './support/arrival-probe.ts'
import { type BenchEnvoy, startEnvoy } from './support/envoy.ts'
import { accepted, type LiveSystem, startSystem } from './support/live-system.ts'
import { threadMicros, timed } from './support/process-time.ts'
import { type BenchOptions, load, median, percentile, printTable, spread, target } from './support/report.ts'
import { startUpstreams } from './support/upstream.ts'

/** From the publish of a new route to its first 200, and what a push of a large route table costs. */
export async function run({ quick }: BenchOptions): Promise<void> {
  const count = quick ? 10 : 100
  const upstreams = await startUpstreams(1)
  try {
    const endpoint = `127.0.0.1:${upstreams.ports[0]}`
    for (const plain of [true, false]) await propagation(quick ? 200 : 1_000, count, endpoint, plain)
    await pushes(quick ? [200] : [1_000, 10_000], quick ? 5 : 20, endpoint)
  } finally {
    await upstreams.envoy.stop()
  }
}

async function withEnvoy(system: LiveSystem, work: (envoy: BenchEnvoy) => Promise<void>): Promise<void> {
  let envoy: BenchEnvoy | undefined
  try {
    envoy = await startEnvoy({ bootstrap: (path) => system.bootstrap(path) })
    await accepted(system.xds, system.receipt)
    await work(envoy)
  } finally {
    await envoy?.stop()
    await system.close()
  }
}

interface Added {
  readonly ms: number[]
  readonly before: Map<number, number>
  /** CPU of Envoy's main thread for one addition, in milliseconds. */
  readonly envoyCpu: number[]
}

async function propagation(routes: number, count: number, endpoint: string, plain: boolean): Promise<void> {
  const port = await freePort()
  const system = await startSystem({ services: 100, routes, hosts: 1, files: 10, port, endpoints: [endpoint], healthChecks: false, plain })
  const kind = plain ? 'plain routes' : 'routes with method condition, rewrite and retries'
  await withEnvoy(system, async ({ pid }) => {
    const rows: (string | number)[][] = []
    for (const [name, cluster] of [
      ['to a service that is there', false],
      ['with a new service', true],
    ] as const) {
      const { ms, before, envoyCpu } = await additions(system, { port, pid, count, endpoint: cluster ? endpoint : undefined })
      const others = [...before].map(([status, times]) => `${status} × ${times}`).join(', ')
      rows.push([name, percentile(ms, 50), percentile(ms, 99), Math.max(...ms), spread(envoyCpu), others])
      target(`publish → first 200 p99, ${name}, ${routes} ${kind}`, percentile(ms, 99), 25, 'ms')
    }
    printTable(
      `A route added to ${routes} ${kind} in one host, publish → first 200 on a kept connection, ${count} times each after ${warmUp} that do not count (load ${load()})`,
      ['route', 'p50 ms', 'p99 ms', 'max ms', 'CPU of Envoy main thread, ms', 'answers before'],
      rows,
    )
  })
}

/** Additions that are not counted: Node compiles its code during the first ones. */
const warmUp = 10

let added = 0

interface Order {
  readonly port: number
  readonly pid: number
  readonly count: number
  /** Of the new service; undefined: the route goes to one that is there. */
  readonly endpoint: string | undefined
}

async function additions(system: LiveSystem, { port, pid, count, endpoint }: Order): Promise<Added> {
  const probe = new Worker(join(import.meta.dirname, 'support/arrival-probe.ts'), { workerData: { port, host: 'h0.example.com' } })
  const ms: number[] = []
  const envoyCpu: number[] = []
  const before = new Map<number, number>()
  for (let index = -warmUp; index < count; index++) {
    const name = `added-${++added}`
    writeFileSync(join(system.dir, 'parts', `${name}.yaml`), part(name, endpoint))
    const { gateway, resources } = await system.compile()
    const arrived = once(probe, 'message') as Promise<[Arrival]>
    probe.postMessage(`/api/v1/${name}/x`)
    const main = threadMicros(pid)
    const start = process.hrtime.bigint()
    const receipt = system.publisher.publish({ gateway, resources })
    const [arrival] = await arrived
    await accepted(system.xds, receipt)
    if (index < 0) continue
    ms.push(Number(arrival.at - start) / 1e6)
    envoyCpu.push((threadMicros(pid) - main) / 1000)
    for (const [status, times] of arrival.before) before.set(status, (before.get(status) ?? 0) + times)
  }
  probe.postMessage(undefined)
  await once(probe, 'exit')
  return { ms, before, envoyCpu }
}

function part(name: string, endpoint: string | undefined): string {
  const service = endpoint === undefined ? '' : `services:\n  ${name}: {endpoints: ["${endpoint}"]}\n`
  const route = `{hosts: [h0.example.com], match: {path: /api/v1/${name}/*}, to: ${endpoint === undefined ? 'service-0' : name}}`
  return `${service}routes:\n  ${name}: ${route}\n`
}

async function pushes(sizes: readonly number[], count: number, endpoint: string): Promise<void> {
  const rows: (string | number)[][] = []
  for (const routes of sizes) {
    for (const hosts of [1, Math.ceil(routes / 100)]) {
      const port = await freePort()
      const system = await startSystem({ services: 100, routes, hosts, files: 10, port, endpoints: [endpoint], healthChecks: false })
      await withEnvoy(system, async ({ pid }) => void rows.push([routes, hosts, ...(await push(system, pid, count))]))
    }
  }
  printTable(
    `What a push of the whole route table costs after one more route, ${count} times (load ${load()})`,
    ['routes', 'hosts', 'MB on the wire', 'compile CPU, ms', 'publish → ACK CPU of sluice, ms', 'CPU of Envoy main thread, ms', 'publish → ACK, ms'],
    rows,
  )
}

async function push(system: LiveSystem, pid: number, count: number): Promise<(string | number)[]> {
  const compile: number[] = []
  const own: number[] = []
  const envoy: number[] = []
  const wall: number[] = []
  const bytes: number[] = []
  const forget = system.xds.onEvent((event) => event.kind === 'pushed' && event.type === 'routes' && bytes.push(event.bytes / 1e6))
  for (let index = 0; index < count; index++) {
    const name = `added-${++added}`
    writeFileSync(join(system.dir, 'parts', `${name}.yaml`), part(name, undefined))
    const compiled = await timed(() => system.compile())
    const main = threadMicros(pid)
    const { gateway, resources } = compiled.value
    const pushed = await timed(() => accepted(system.xds, system.publisher.publish({ gateway, resources })))
    envoy.push((threadMicros(pid) - main) / 1000)
    compile.push(compiled.cpu)
    own.push(pushed.cpu)
    wall.push(pushed.wall)
  }
  forget()
  return [median(bytes), spread(compile), spread(own), spread(envoy), spread(wall)]
}
