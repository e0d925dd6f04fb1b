import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type BothEngines, startBoth } from '../support/both-engines.ts'
import type { EngineName } from '../support/engines.ts'
import { type Echo, type Seen, startEcho } from '../support/echo.ts'
import { expectLikely, seenAll } from '../support/chance.ts'
import { until } from '../support/until.ts'

let both: BothEngines
let near: readonly Echo[]
let far: readonly Echo[]
const names = ['zones', 'hashed', 'strict', 'panic', 'calm', 'both']

beforeAll(async () => {
  near = await Promise.all(['n0', 'n1', 'n2', 'n3'].map((name) => startEcho(name)))
  far = await Promise.all(['f0', 'f1'].map((name) => startEcho(name)))
  const endpoints = [
    ...near.map(({ port }) => `{address: "127.0.0.1:${port}", zone: eu-1a, labels: {version: v1}}`),
    ...far.map(({ port }, n) => `{address: "127.0.0.1:${port}", zone: eu-1b, labels: {version: v${n + 1}}}`),
  ].join(', ')
  const checked = `endpoints: [${endpoints}], healthCheck: {interval: 50ms, timeout: 5s, unhealthyAfter: 1, healthyAfter: 1}`
  both = await startBoth(
    (port) => `version: 1
listeners: {public: {port: ${port}, address: 127.0.0.1}}
services:
  zones: {${checked}, balancing: {zones: {prefer: [eu-1a]}}}
  hashed: {${checked}, balancing: {strategy: maglev, key: request.header.x-user, zones: {prefer: [nowhere, eu-1a], spillBelow: 70%}}}
  strict: {${checked}, balancing: {strategy: least-request, zones: {prefer: [eu-1a], spillBelow: 100%}}}
  panic: {${checked}, balancing: {panicBelow: 50%}}
  calm: {${checked}}
  both: {${checked}, balancing: {strategy: random, panicBelow: 50%, zones: {prefer: [eu-1a]}}}
routes:
${names.map((name) => `  ${name}: {match: {path: /${name}}, to: ${name}}`).join('\n')}
  labelled: {match: {path: /labelled}, to: {service: zones, labels: {version: v2}}}
`,
  )
  // From now on every endpoint has been asked.
  await sick(...[...near, ...far].map(({ name }) => name))
})
afterAll(async () => {
  await both[Symbol.asyncDispose]()
  await Promise.all([...near, ...far].map((echo) => echo.close()))
})

/** How many of these requests each instance got, and how many were refused with 503. */
async function shares(engine: EngineName, path: string, times: number, user = (n: number) => `u${n}`): Promise<Record<string, number>> {
  const counts: Record<string, number> = {}
  let n = 0
  const client = async (): Promise<void> => {
    while (n < times) {
      const name = await place(engine, path, user(n++))
      counts[name] = (counts[name] ?? 0) + 1
    }
  }
  await Promise.all([client(), client(), client(), client()])
  return counts
}

/** The instance that answers, or the status. */
async function place(engine: EngineName, path: string, user = 'u'): Promise<string> {
  const reply = await both.send(engine, path, { headers: { 'x-user': user } })
  return reply.status === 200 ? (JSON.parse(reply.body) as Seen).instance : String(reply.status)
}

const taken = (counts: Record<string, number>, echoes: readonly Echo[]): number => echoes.reduce((sum, { name }) => sum + (counts[name] ?? 0), 0)

/** Makes these instances sick and the others healthy, and waits until both engines have seen it. */
async function sick(...those: string[]): Promise<void> {
  for (const echo of [...near, ...far]) echo.healthy = !those.includes(echo.name)
  const healthy = near.length + far.length - those.length
  for (const service of names) {
    await until('Envoy has asked', async () => (await both.rig.envoy.stat(`cluster.${service}.membership_healthy`)) === healthy)
  }
  const out = [...near, ...far].flatMap(({ name, port }) => (those.includes(name) ? names.map((service) => `${service} 127.0.0.1:${port}`) : []))
  await until('nginx has asked', async () => {
    const known = (await both.nginx.live.sick()).map(({ service, address }) => `${service} ${address}`)
    return known.sort().join() === out.sort().join()
  })
}

describe.each(['envoy', 'nginx'] as const)('on %s', (engine) => {
  beforeEach(() => sick())

  it('the preferred zone takes everything while it is healthy', async () => {
    const counts = await shares(engine, '/zones', 40)
    expect(taken(counts, near)).toBe(40)
    expect(Object.keys(counts)).toHaveLength(4)
  })

  it('a zone of which half is sick keeps 71 of 100 requests, and the next takes the rest', async () => {
    await sick('n0', 'n1')
    const counts = await shares(engine, '/zones', 600)
    expect(counts).not.toHaveProperty('n0')
    expectLikely(taken(counts, near), 600, 0.71)
    expect(taken(counts, near) + taken(counts, far)).toBe(600)
  })

  it('spillBelow 100% sends on the part of every sick endpoint', async () => {
    await sick('n3')
    const counts = await shares(engine, '/strict', 1000)
    expectLikely(taken(counts, near), 1000, 0.75)
    expect(taken(await shares(engine, '/zones', 40), near)).toBe(40)
  })

  it('the next zone takes everything when the preferred one is out', async () => {
    await sick('n0', 'n1', 'n2', 'n3')
    expect(taken(await shares(engine, '/zones', 40), far)).toBe(40)
  })

  it('labels choose within the zones', async () => {
    expect(await shares(engine, '/labelled', 10)).toEqual({ f1: 10 })
  })

  it('equal keys stay at one endpoint, also while the zone spills', async () => {
    await sick('n0', 'n1')
    const used = new Set<string>()
    // Some 35 of 120 keys go to the far zone: that all of them fall on one of its two endpoints happens once in 10^10.
    for (let user = 0; user < 120; user++) {
      const counts = await shares(engine, '/hashed', 3, () => `user-${user}`)
      expect(Object.values(counts)).toEqual([3])
      for (const name of Object.keys(counts)) used.add(name)
    }
    expect([...used].sort()).toEqual(['f0', 'f1', 'n2', 'n3'])
  })

  it('uses sick endpoints only below the share that panicBelow says', async () => {
    await sick('n0', 'n1', 'n2')
    expect(Object.keys(await shares(engine, '/panic', 60)).sort()).toEqual(['f0', 'f1', 'n3'])
    await sick('n0', 'n1', 'n2', 'n3')
    expect(Object.keys(await shares(engine, '/panic', 60)).sort()).toEqual(['f0', 'f1', 'n0', 'n1', 'n2', 'n3'])
  })

  it('with zones it panics only when all of them together cannot carry everything', async () => {
    await sick('n0', 'n1', 'n2')
    expect(taken(await shares(engine, '/both', 60), near.slice(0, 3))).toBe(0)
    await sick('n0', 'n1', 'n2', 'f0')
    // 35 of 100 parts in the near zone and 71 in the far one are enough.
    expect(taken(await shares(engine, '/both', 60), [...near.slice(0, 3), ...far.slice(0, 1)])).toBe(0)
    await sick('n0', 'n1', 'n2', 'n3', 'f0')
    // 71 are not: the near zone has less than half of its endpoints and uses all of them.
    expect(Object.keys(await shares(engine, '/both', 60))).not.toContain('f0')
    await sick('n0', 'n1', 'n2', 'n3', 'f0', 'f1')
    await seenAll(['f0', 'f1', 'n0', 'n1', 'n2', 'n3'], () => place(engine, '/both'), 200)
  })

  it('answers 503 when every endpoint is sick and panic is off', async () => {
    await sick('n0', 'n1', 'n2', 'n3', 'f0', 'f1')
    expect(await shares(engine, '/calm', 5)).toEqual({ '503': 5 })
    expect(await shares(engine, '/zones', 5)).toEqual({ '503': 5 })
  })
})
