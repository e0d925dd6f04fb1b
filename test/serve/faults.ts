import { expect } from 'vitest'
import { startEcho, type Echo } from '../support/echo.ts'
import { send } from '../support/http.ts'
import { startLoad } from '../support/load.ts'
import { seeded } from '../support/random.ts'
import { until } from '../support/until.ts'
import type { Fleet } from '../../src/live/fleet.ts'
import type { ServeEvent } from '../../src/reload/events.ts'
import { startNginxRig } from './nginx-rig.ts'
import { startRig } from './rig.ts'

/** Faults that have a short form in the tests of every day and a long one in the soak. */

/** Either engine behind a followed file. */
interface AnyRig extends AsyncDisposable {
  readonly port: number
  readonly fleet: Fleet
  readonly events: readonly ServeEvent[]
  apply(text: string): Promise<unknown>
  /** How often a listener was touched, or the proxy started or reloaded, since the rig was there. */
  disturbances(): Promise<number>
  /** Whether the proxy still knows an endpoint on that port. */
  knows(port: number): Promise<boolean>
}

async function open(engine: 'envoy' | 'nginx', text: (port: number) => string): Promise<AnyRig> {
  if (engine === 'nginx') {
    const rig = await startNginxRig(text)
    const workers = (await rig.workers()).join()
    return {
      port: rig.port,
      fleet: rig.serving.fleet,
      events: rig.serving.events,
      apply: (next) => rig.apply(next),
      disturbances: async () => rig.serving.publisher.reloads + rig.nginx.restarts + ((await rig.workers()).join() === workers ? 0 : 1),
      // A change that is settled is with every worker.
      knows: (port) => Promise.resolve(JSON.stringify([...rig.serving.good.gateway.services.values()]).includes(`"port":${port},`)),
      [Symbol.asyncDispose]: () => rig[Symbol.asyncDispose](),
    }
  }
  const rig = await startRig(text)
  return {
    port: rig.port,
    fleet: rig.serving.fleet,
    events: rig.serving.events,
    apply: (next) => rig.apply(next),
    disturbances: () => rig.envoy.stat('listener_manager.listener_modified'),
    knows: async (port) => (await rig.envoy.admin('/clusters')).body.includes(`127.0.0.1:${port}::`),
    [Symbol.asyncDispose]: () => rig[Symbol.asyncDispose](),
  }
}

/** Any mix of changes that a team makes in a day. Routes `r0`… and services `s0`… always exist; everything about them may differ. */
function mixedText(port: number, backends: readonly Echo[], seed: number): string {
  const random = seeded(seed)
  const address = (): string => `127.0.0.1:${random.pick(backends).port}`
  const endpoints = (): string =>
    [...new Set(random.many(1 + random.below(3), address))].map((one) => `{address: "${one}", weight: ${1 + random.below(9)}}`).join(', ')
  const services = Array.from({ length: 6 }, (_, i) => `  s${i}: {endpoints: [${endpoints()}]}`)
  const extra = Array.from(
    { length: random.below(4) },
    (_, i) => `  extra-${i}-${random.below(1_000)}: {match: {path: /extra/${i}/*}, to: s${random.below(6)}}`,
  )
  const routes = Array.from({ length: 6 }, (_, i) => {
    // A renamed route keeps its path; a client must not notice.
    const name = random.chance(0.2) ? `renamed-${i}` : `r${i}`
    const headers = random.chance(0.5) ? `, headers: {response: {set: {x-build: "${random.below(1_000)}"}}}` : ''
    const to = random.chance(0.5)
      ? `[{service: s${random.below(6)}, weight: ${1 + random.below(9)}}, {service: s${6 + (i % 2)}, weight: ${1 + random.below(9)}}]`
      : `s${random.below(6)}`
    return `  ${name}: {match: {path: /r${i}/*}, to: ${to}${headers}}`
  })
  const shuffled = [...routes, ...extra].map((line) => [random.below(1_000_000), line] as const).sort(([a], [b]) => a - b)
  // s6 and s7 are services whose names change while their role stays.
  const late = [6, 7].map((i) => `  s${i}: {endpoints: [${endpoints()}]}`)
  return `version: 1\nlisteners: {public: {port: ${port}}}\nservices:\n${[...late, ...services].join('\n')}\nroutes:\n${shuffled.map(([, line]) => line).join('\n')}\n`
}

/** Applies changes one after the other under load and expects not one failed request. */
export async function mixedChanges(changes: number, minRequests: number, rate: number, engine: 'envoy' | 'nginx' = 'envoy'): Promise<void> {
  const backends = await Promise.all(['x', 'y', 'z'].map((name) => startEcho(name)))
  await using rig = await open(engine, (port) => mixedText(port, backends, 0))
  const load = startLoad({ port: rig.port, rate, path: (index) => `/r${index % 6}/${index}` })
  for (let change = 1; change <= changes; change++) {
    await rig.apply(mixedText(rig.port, backends, change))
    for (const backend of backends) backend.seen.length = 0
  }
  await until('enough requests were sent', () => load.sent() >= minRequests, 3_000_000)
  const { requests, failures } = await load.stop()
  expect(failures.slice(0, 20)).toEqual([])
  expect(requests).toBeGreaterThanOrEqual(minRequests)
  expect([...rig.fleet.proxies()][0]?.rejected).toEqual([])
  expect(rig.events.filter(({ kind }) => kind === 'rejected')).toEqual([])
  expect(await rig.disturbances()).toBe(0)
  await Promise.all(backends.map((backend) => backend.close()))
}

/** Adds routes one by one, each with a cluster of its own when asked, and probes each from before it exists: 404 or 200, nothing else. */
export async function routesOneByOne(count: number, ownClusters: boolean, engine: 'envoy' | 'nginx' = 'envoy'): Promise<void> {
  const backend = await startEcho()
  const endpoint = `"127.0.0.1:${backend.port}"`
  const text = (port: number, routes: number): string => {
    const names = Array.from({ length: routes }, (_, i) => `n${i}`)
    const services = ownClusters ? names : []
    return `version: 1\nlisteners: {public: {port: ${port}}}\nservices:\n${['first', ...services]
      .map((name) => `  ${name}: {endpoints: [${endpoint}]}\n`)
      .join(
        '',
      )}routes:\n${['first', ...names].map((name) => `  ${name}: {match: {path: /${name}}, to: ${services.includes(name) ? name : 'first'}}\n`).join('')}`
  }
  await using rig = await open(engine, (port) => text(port, 0))
  const seen = new Map<number, number>()
  for (let i = 0; i < count; i++) {
    const applied = rig.apply(text(rig.port, i + 1))
    let status = 0
    let settled = false
    void applied.finally(() => (settled = true)).catch(() => undefined)
    while (status !== 200 && !settled) {
      status = (await send(rig.port, `/n${i}`)).status
      seen.set(status, (seen.get(status) ?? 0) + 1)
    }
    await applied
    if (status !== 200)
      await until(`route ${i} is served`, async () => (await send(rig.port, `/n${i}`)).status === 200 && seen.set(200, (seen.get(200) ?? 0) + 1))
  }
  expect([...seen.keys()].filter((status) => status !== 200 && status !== 404)).toEqual([])
  expect(seen.get(200)).toBe(count)
  await backend.close()
}

/** Exchanges all backends of a health-checked service again and again under load. A backend is gone soon after it was taken out. */
export async function backendSwaps(swaps: number, rate: number, engine: 'envoy' | 'nginx' = 'envoy'): Promise<void> {
  let now = await Promise.all(['x0', 'y0'].map((name) => startEcho(name)))
  const text = (port: number): string =>
    `version: 1\nlisteners: {public: {port: ${port}}}\nservices:\n  app:\n    healthCheck: {path: /health, interval: 50ms, timeout: 1s, unhealthyAfter: 2, healthyAfter: 1}\n    endpoints: [${now
      .map(({ port: own }) => `"127.0.0.1:${own}"`)
      .join(', ')}]\nroutes:\n  app: {match: {path: /*}, to: app}\n`
  await using rig = await open(engine, text)
  const load = startLoad({ port: rig.port, rate, path: (index) => `/${index}` })
  for (let swap = 1; swap <= swaps; swap++) {
    const old = now
    now = await Promise.all(['x', 'y'].map((name) => startEcho(`${name}${swap}`)))
    await rig.apply(text(rig.port))
    const served = (): number => now.reduce((sum, { seen }) => sum + seen.length, 0)
    await until('the new backends serve', () => served() > 20)
    await until('the old ones are out', async () => !(await Promise.all(old.map(({ port }) => rig.knows(port)))).includes(true))
    // Requests that were under way may end, as they would with a backend that drains.
    await load.answered()
    await Promise.all(old.map((backend) => backend.close()))
  }
  const { requests, failures } = await load.stop()
  expect(failures.slice(0, 20)).toEqual([])
  expect(requests).toBeGreaterThan(swaps * 10)
  expect(rig.events.filter(({ kind }) => kind === 'rejected' || kind === 'held')).toEqual([])
  await Promise.all(now.map((backend) => backend.close()))
}
