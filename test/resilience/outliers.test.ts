import { Agent } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Echo, startEcho } from '../support/echo.ts'
import { type EngineName, engineNames, type Engines, startEngines } from '../support/engines.ts'
import { freePort } from '../support/free-port.ts'
import { send } from '../support/http.ts'
import { probedGrpc } from '../support/probed.ts'
import { until } from '../support/until.ts'

let echoes: Echo[]
let rpc: Awaited<ReturnType<typeof probedGrpc>>
let engines: Engines
// On one connection an engine notes how a request ended before it looks at the next.
const agent = new Agent({ keepAlive: true, maxSockets: 1 })

beforeAll(async () => {
  echoes = await Promise.all(['bad', 'b', 'c', 'd'].map((name) => startEcho(name)))
  rpc = await probedGrpc()
  const [bad, b, c, d] = echoes.map(({ port }) => `"127.0.0.1:${port}"`)
  const dead = `"127.0.0.1:${await freePort()}"`
  const four = `endpoints: [${bad}, ${b}, ${c}, ${d}]`
  const rarely = 'consecutive5xx: 10000, ejectFor: 200s'
  engines = await startEngines(
    (port) => `
version: 1
listeners: {public: {port: ${port}, address: 127.0.0.1}}
services:
  strict: {${four}, outlierDetection: {${rarely}, successRate: {deviations: 1, minEndpoints: 3, minRequests: 4}, interval: 300ms}}
  compared: {${four}, outlierDetection: {${rarely}, successRate: {deviations: 1, minEndpoints: 3, minRequests: 4}, interval: 300ms}}
  lenient: {${four}, outlierDetection: {${rarely}, successRate: {deviations: 1.9, minEndpoints: 3, minRequests: 4}, interval: 300ms}}
  share: {${four}, outlierDetection: {${rarely}, failureRate: {above: 60%, minEndpoints: 1, minRequests: 4}, interval: 300ms}}
  split: {endpoints: [${dead}, ${bad}, ${b}], outlierDetection: {${rarely}, consecutiveLocalErrors: 2}}
  gateway: {endpoints: [${bad}, ${b}], outlierDetection: {${rarely}, consecutiveGatewayErrors: 3}}
  growing: {endpoints: [${bad}, ${b}], outlierDetection: {consecutive5xx: 1, interval: 100ms, ejectFor: 150ms, maxEjectFor: 450ms}}
  rpc: {endpoints: ["127.0.0.1:${rpc.port}"], protocol: grpc, outlierDetection: {consecutive5xx: 3, ejectFor: 200s}}
  half: {endpoints: [${bad}, ${b}], outlierDetection: {consecutive5xx: 2, ejectFor: 200s, maxEjected: 40%}}
routes:
  rpc: {match: {path: /shop.Orders/*}, to: rpc}
${['strict', 'compared', 'lenient', 'share', 'split', 'gateway', 'growing', 'half'].map((name) => `  ${name}: {match: {path: /${name}/*}, to: ${name}}`).join('\n')}
`,
  )
})
afterAll(async () => {
  agent.destroy()
  await engines.stop()
  for (const echo of echoes) await echo.close()
  rpc.close()
})
beforeEach(() => {
  for (const echo of echoes) echo.seen.length = 0
  const [bad] = echoes
  if (bad) bad.status = 500
})

const between = (value: number, least: number, most: number): boolean => value >= least && value <= most
const seenByBad = (): number => echoes[0]?.seen.length ?? 0

describe.each(engineNames)('outlier detection on %s', (engine: EngineName) => {
  const statuses = async (path: string, times: number): Promise<number[]> => {
    const found: number[] = []
    for (let index = 0; index < times; index++) found.push((await send(engines.ports[engine], path, { agent })).status)
    return found
  }
  const failures = async (path: string, times: number): Promise<number> => (await statuses(path, times)).filter((status) => status >= 500).length

  /** At once, so that there are enough within an interval. */
  const many = (path: string): Promise<unknown> => Promise.all(Array.from({ length: 40 }, () => send(engines.ports[engine], path)))
  const out = async (service: string): Promise<boolean> => (await engines.sick(engine, service)).length === 1

  it.each(['compared', 'share'])('takes out what is worse than it may be over an interval: %s', async (service) => {
    await until('it is out', async () => {
      await many(`/${service}/`)
      return out(service)
    })
    const before = seenByBad()
    expect([await failures(`/${service}/`, 40), seenByBad()]).toEqual([0, before])
  })

  it('judges by as many deviations as it was told', async () => {
    let rounds = 0
    await until('the strict one was judged, and some intervals passed', async () => {
      await Promise.all([many('/strict/'), many('/lenient/')])
      if (await out('strict')) rounds++
      await delay(50)
      return rounds >= 20
    })
    expect(await engines.sick(engine, 'lenient')).toEqual([])
    // A quarter of them; nginx takes turns in each of its two workers.
    expect(between(await failures('/lenient/', 40), 8, 12)).toBe(true)
  })

  it('counts failures without an answer apart from bad answers', async () => {
    expect(await failures('/split/', 30)).toBeGreaterThan(0)
    await until('the dead one is out', () => out('split'))
    const failed = await failures('/split/', 20)
    expect([between(failed, 8, 12), seenByBad() > 10]).toEqual([true, true])
  })

  it('counts gateway errors, and no other 5xx, where it was told so', async () => {
    expect(between(await failures('/gateway/', 20), 8, 12)).toBe(true)
    const [bad] = echoes
    if (bad) bad.status = 502
    const before = seenByBad()
    for (let sent = 0; seenByBad() < before + 3 && sent < 8; sent++) await failures('/gateway/', 1)
    await until('it is out', () => out('gateway'))
    expect([await failures('/gateway/', 20), seenByBad() - before]).toEqual([0, 3])
  })

  it('keeps an endpoint out longer each time, up to the most', async () => {
    let last = 0
    await until('it was out for nearly the most, though once was less than half of that', async () => {
      const before = seenByBad()
      await send(engines.ports[engine], '/growing/')
      if (seenByBad() === before) return false
      const long = last > 0 && Date.now() - last >= 400
      last = Date.now()
      return long
    })
  })

  it('judges a gRPC service by the status of its calls', async () => {
    const call = () =>
      send(engines.ports[engine], '/shop.Orders/Get', { agent, method: 'POST', headers: { 'content-type': 'application/grpc', te: 'trailers' } })
    rpc.code = 5 // not found: an answer like any other
    rpc.served = 0
    for (let index = 0; index < 6; index++) await call()
    expect(rpc.served).toBe(6)
    rpc.code = 14
    rpc.served = 0
    for (let index = 0; index < 2; index++) await call()
    expect(await engines.sick(engine, 'rpc')).toEqual([])
    await call()
    await until('it is out', () => out('rpc'))
    for (let index = 0; index < 5; index++) expect((await call()).headers['grpc-status']).toBe('14')
    expect(rpc.served).toBe(3)
  })

  it('takes out no more than it may', async () => {
    expect(between(await failures('/half/', 20), 8, 12)).toBe(true)
    expect([await engines.sick(engine, 'half'), between(await failures('/half/', 20), 8, 12)]).toEqual([[], true])
  })
})
