import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { freePort } from '../test/support/free-port.ts'
import { type BenchEnvoy, startEnvoy } from './support/envoy.ts'
import { KeepAlive } from './support/keep-alive.ts'
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
}

async function propagation(routes: number, count: number, endpoint: string, plain: boolean): Promise<void> {
  const port = await freePort()
  const system = await startSystem({ services: 100, routes, hosts: 1, files: 10, port, endpoints: [endpoint], healthChecks: false, plain })
  const kind = plain ? 'plain routes' : 'routes with method condition, rewrite and retries'
  await withEnvoy(system, async () => {
    const rows: (string | number)[][] = []
    for (const [name, cluster] of [
      ['to a service that is there', false],
      ['with a new service', true],
    ] as const) {
      const { ms, before } = await additions(system, port, count, cluster ? endpoint : undefined)
      const others = [...before].map(([status, times]) => `${status} × ${times}`).join(', ')
      rows.push([name, percentile(ms, 50), percentile(ms, 99), Math.max(...ms), others])
      target(`publish → first 200 p99, ${name}, ${routes} ${kind}`, percentile(ms, 99), 25, 'ms')
    }
    printTable(
      `A route added to ${routes} ${kind} in one host, publish → first 200 on a kept connection, ${count} times each (load ${load()})`,
      ['route', 'p50 ms', 'p99 ms', 'max ms', 'answers before'],
      rows,
    )
  })
}

let added = 0

async function additions(system: LiveSystem, port: number, count: number, endpoint: string | undefined): Promise<Added> {
  const client = new KeepAlive(port)
  const ms: number[] = []
  const before = new Map<number, number>()
  for (let index = 0; index < count; index++) {
    const name = `added-${++added}`
    const path = `/api/v1/${name}/x`
    writeFileSync(join(system.dir, 'parts', `${name}.yaml`), part(name, endpoint))
    const { gateway, resources } = await system.compile()
    const start = performance.now()
    const receipt = system.publisher.publish({ gateway, resources })
    for (;;) {
      const status = await client.get(path, 'h0.example.com')
      if (status === 200) break
      before.set(status, (before.get(status) ?? 0) + 1)
      // Probing without a pause would take the CPU that the change needs.
      await delay(1)
    }
    ms.push(performance.now() - start)
    await accepted(system.xds, receipt)
  }
  client.close()
  return { ms, before }
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
