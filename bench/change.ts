import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import type { Service } from '../src/model/gateway.ts'
import { freePort } from '../test/support/free-port.ts'
import { type BenchEnvoy, startEnvoy } from './support/envoy.ts'
import type { Caps } from '../src/features/caps/model.ts'
import { accepted, type LiveSystem, startSystem } from './support/live-system.ts'
import { memory, threadMicros } from './support/process-time.ts'
import type { Stall } from './support/stall-probe.ts'
import { type BenchOptions, load, percentile, printTable, target } from './support/report.ts'

interface FirstPush {
  readonly pushMs: number
  readonly readyMs: number
  readonly mainCpuMs: number
  readonly stalls: readonly Stall[]
  readonly memoryMb: number
}

interface Changes {
  readonly ms: readonly number[]
  /** CPU of the control plane and of Envoy's main thread per change, in microseconds. */
  readonly ownCpu: number
  readonly envoyCpu: number
}

interface Figures {
  readonly services: number
  readonly first: FirstPush
  readonly endpoint: Changes
  readonly cluster: Changes
}

/** A real Envoy with many services: the first push, then single changes from publish to ACK. */
export async function run({ quick }: BenchOptions): Promise<void> {
  const sizes = quick ? [100, 500] : [100, 1_000, 10_000]
  const count = quick ? 20 : 200
  const all: Figures[] = []
  // Once for nothing: otherwise the smallest size would pay for what Node compiles.
  await measure(sizes[0] ?? 100, count)
  for (const services of sizes) all.push(await measure(services, count))
  report(all, count)
}

async function measure(services: number, count: number): Promise<Figures> {
  const system = await startSystem({ services, routes: 100, hosts: 1, port: await freePort(), healthChecks: false })
  let envoy: BenchEnvoy | undefined
  try {
    const { first, started } = await firstPush(system)
    envoy = started
    const pid = envoy.pid
    const current = [...system.good.gateway.services.values()]
    const change = (edit: Edit, times = count) => changes(system, pid, { current, edit, times })
    await change(moveEndpoint, Math.ceil(count / 2))
    const endpoint = await change(moveEndpoint)
    await change(resizeCluster, Math.ceil(count / 2))
    const cluster = await change(resizeCluster)
    return { services, first, endpoint, cluster }
  } finally {
    await envoy?.stop()
    await system.close()
  }
}

async function firstPush(system: LiveSystem): Promise<{ readonly first: FirstPush; readonly started: BenchEnvoy }> {
  let connected = 0
  const forget = system.xds.onEvent(({ kind }) => kind === 'connected' && (connected = performance.now()))
  let probing: Promise<Worker> | undefined
  let socketPath = ''
  const start = performance.now()
  const started = await startEnvoy({
    bootstrap: (adminSocket) => system.bootstrap((socketPath = adminSocket)),
    spawned: (pid) => void (probing = probe(socketPath, pid)),
  })
  const readyMs = performance.now() - start
  await accepted(system.xds, system.receipt)
  const pushMs = performance.now() - connected
  forget()
  const mainCpuMs = threadMicros(started.pid) / 1000
  const worker = await probing
  worker?.postMessage('stop')
  const [stalls] = worker ? ((await once(worker, 'message')) as [Stall[]]) : [[]]
  return { first: { pushMs, readyMs, mainCpuMs, stalls, memoryMb: memory(started.pid).now }, started }
}

/** Begins as soon as the admin interface is there. */
async function probe(socketPath: string, pid: number): Promise<Worker> {
  while (!existsSync(socketPath)) await delay(2)
  return new Worker(join(import.meta.dirname, 'support/stall-probe.ts'), { workerData: { socketPath, pid } })
}

type Edit = (service: Service, index: number) => Service

const moveEndpoint: Edit = (service, index) => {
  const [first, ...others] = service.discovery.endpoints
  if (!first) return service
  return { ...service, discovery: { ...service.discovery, endpoints: [{ ...first, port: 10_000 + (index % 50_000) }, ...others] } }
}

const resizeCluster: Edit = (service, index) => {
  const caps: Caps = { connections: 2_000 + index, pending: 1024, requests: 1024, queueWritten: true, overflow: { status: 503, retryAfter: 1 } }
  return { ...service, policies: { ...service.policies, caps } }
}

let edits = 0

interface Order {
  /** Services as they are now; kept up to date. */
  readonly current: Service[]
  readonly edit: Edit
  readonly times: number
}

async function changes({ xds, publisher, good }: LiveSystem, pid: number, { current, edit, times }: Order): Promise<Changes> {
  const ms: number[] = []
  const own = process.cpuUsage()
  const envoy = threadMicros(pid)
  for (let index = 0; index < times; index++) {
    const place = (index * 7919) % current.length
    const service = current[place]
    if (!service) continue
    const next = (current[place] = edit(service, ++edits))
    const start = performance.now()
    const receipt = publisher.update(next, good.at)
    if (!('changed' in receipt) || receipt.changed.length !== 1) throw new Error(`not one change: ${JSON.stringify(receipt)}`)
    await accepted(xds, receipt)
    ms.push(performance.now() - start)
  }
  const used = process.cpuUsage(own)
  return { ms, ownCpu: (used.user + used.system) / times, envoyCpu: (threadMicros(pid) - envoy) / times }
}

const wall = ({ stalls }: FirstPush): number[] => stalls.map(({ ms }) => ms)

function report(all: readonly Figures[], count: number): void {
  printTable(
    `First push to one Envoy (load ${load()})`,
    [
      'services',
      'connected → all accepted, ms',
      'process start → ready, ms',
      'CPU of Envoy main thread, ms',
      '/ready p50 / p99 / max, ms',
      'most CPU in one of them, ms',
      'Envoy, MB',
    ],
    all.map(({ services, first }) => [
      services,
      first.pushMs,
      first.readyMs,
      first.mainCpuMs,
      [50, 99, 100].map((percent) => percentile(wall(first), percent).toFixed(1)).join(' / '),
      Math.max(...first.stalls.map(({ busyMs }) => busyMs)),
      first.memoryMb,
    ]),
  )
  printTable(
    `One change, publish → ACK, ${count} changes (load ${load()})`,
    ['services', 'change', 'p50 ms', 'p99 ms', 'max ms', 'CPU of sluice, µs', 'CPU of Envoy main thread, µs'],
    all.flatMap(({ services, endpoint, cluster }) =>
      (
        [
          ['endpoint', endpoint],
          ['cluster', cluster],
        ] as const
      ).map(([name, { ms, ownCpu, envoyCpu }]) => [services, name, percentile(ms, 50), percentile(ms, 99), Math.max(...ms), ownCpu, envoyCpu]),
    ),
  )
  const small = all[0]
  const large = all.at(-1)
  if (!small || !large) return
  const at = `with ${large.services} services`
  target(`endpoint p50 ${at}`, percentile(large.endpoint.ms, 50), 0.5, 'ms')
  target(`endpoint p99 ${at}`, percentile(large.endpoint.ms, 99), 5, 'ms')
  target(`cluster p99 ${at}`, percentile(large.cluster.ms, 99), 10, 'ms')
  target(`CPU of sluice per endpoint change, ${large.services} / ${small.services} services`, large.endpoint.ownCpu / small.endpoint.ownCpu, 1.5)
  target(`CPU of sluice per cluster change, ${large.services} / ${small.services} services`, large.cluster.ownCpu / small.cluster.ownCpu, 1.5)
  target(`first full push ${at}`, large.first.pushMs, 3_000, 'ms')
  target(`longest stall of Envoy's main thread ${at}`, Math.max(...wall(large.first)), 50, 'ms')
}
