import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type BothEngines, startBoth } from '../support/both-engines.ts'
import type { EngineName } from '../support/engines.ts'
import { type Echo, type Seen, startEcho } from '../support/echo.ts'
import { expectLikely } from '../support/chance.ts'
import { until } from '../support/until.ts'

let both: BothEngines
let echoes: readonly Echo[]
const slowStartMs = 900

/** `gradual` gets its second endpoint later. */
function text(endpoints: number): (port: number) => string {
  const [a, b, c] = echoes.map(({ port }) => `"127.0.0.1:${port}"`) as [string, string, string]
  const weighted = `endpoints: [{address: ${a}, weight: 6}, {address: ${b}, weight: 3}, ${c}]`
  const growing = `endpoints: [${[a, b].slice(0, endpoints).join(', ')}]`
  return (port) => `version: 1
listeners: {public: {port: ${port}, address: 127.0.0.1}}
defaults: {route: {timeouts: {request: 1m}}} # of those that are held
services:
  turns: {${weighted}}
  least: {${weighted}, balancing: least-request}
  peak: {${weighted}, balancing: peak-load}
  busy: {endpoints: [${a}, ${b}, ${c}], balancing: {strategy: least-request, choices: 5}}
  at-once: {${growing}}
  gradual: {${growing}, balancing: {slowStart: ${slowStartMs}ms}}
  gradual-least: {${growing}, balancing: {strategy: least-request, slowStart: ${slowStartMs}ms}}
  recovering: {endpoints: [${a}, ${b}], healthCheck: {interval: 50ms, timeout: 5s, unhealthyAfter: 1, healthyAfter: 1}, balancing: {slowStart: ${slowStartMs}ms}}
routes:
${['turns', 'least', 'peak', 'busy', 'at-once', 'gradual', 'gradual-least', 'recovering'].map((name) => `  ${name}: {match: {path: /${name}}, to: ${name}}`).join('\n')}
`
}

beforeAll(async () => {
  echoes = await Promise.all(['a', 'b', 'c'].map((name) => startEcho(name)))
  both = await startBoth(text(1))
})
afterAll(async () => {
  await both[Symbol.asyncDispose]()
  await Promise.all(echoes.map((echo) => echo.close()))
})

async function instance(engine: EngineName, path: string): Promise<string> {
  const reply = await both.send(engine, path, { timeoutMs: 60_000 })
  expect(reply.status, reply.body).toBe(200)
  return (JSON.parse(reply.body) as Seen).instance
}

async function counts(engine: EngineName, path: string, times: number): Promise<Record<string, number>> {
  const found: Record<string, number> = { a: 0, b: 0, c: 0 }
  for (let n = 0; n < times; n++) {
    const name = await instance(engine, path)
    found[name] = (found[name] ?? 0) + 1
  }
  return found
}

function expectAbout(found: number | undefined, wanted: number, by: number): void {
  expect(found).toBeGreaterThanOrEqual(wanted - by)
  expect(found).toBeLessThanOrEqual(wanted + by)
}

/** Expects that b, new since `began`, gets no more of 24 requests than its slow start allows until now; a slow machine has come further. Gives how many. */
async function expectSlow(engine: EngineName, path: string, began: number): Promise<number> {
  const { b = 0 } = await counts(engine, path, 24)
  const weight = Math.min(1, Math.max(0.1, (performance.now() - began) / slowStartMs))
  // Each of nginx's two workers takes turns for itself.
  expect(b).toBeLessThanOrEqual((24 * weight) / (1 + weight) + 2)
  return b
}

describe.each(['envoy', 'nginx'] as const)('on %s', (engine) => {
  it.each(['turns', 'least', 'peak'])('/%s gives 6, 3 and 1 of 10 requests', async (name) => {
    const found = await counts(engine, `/${name}`, 100)
    expectAbout(found.a, 60, 4)
    expectAbout(found.b, 30, 4)
    expectAbout(found.c, 10, 4)
  })

  it('least-request keeps off an endpoint that is busy', async () => {
    const [a] = echoes as [Echo]
    const waiting: (() => void)[] = []
    const asked: Promise<string>[] = []
    try {
      for (let n = 0; n < 120; n++) {
        const held = new Promise<void>((resolve) => {
          a.held = () => {
            resolve()
            return new Promise((go) => waiting.push(go))
          }
        })
        const answer = instance(engine, '/busy')
        asked.push(answer)
        await Promise.race([answer, held])
      }
    } finally {
      a.held = () => undefined
      for (const go of waiting) go()
    }
    // Envoy looks at nobody else when all five choices fall on it, once in 243 times: more than 11 of 120 once in 10^10. nginx never does; its workers count for themselves.
    const times = (await Promise.all(asked)).filter((name) => name === 'a').length
    expect(times).toBeGreaterThanOrEqual(1)
    expect(times).toBeLessThanOrEqual(engine === 'envoy' ? 11 : 2)
  })

  it('slowStart gives a new endpoint a small share at first, and its whole share in the end', async () => {
    // On Envoy the first endpoints of a service start slowly as well.
    await delay(slowStartMs + 50)
    const began = performance.now()
    await both.apply(engine, text(2))
    await expectSlow(engine, '/gradual-least', began)
    expect(await expectSlow(engine, '/gradual', began)).toBeGreaterThan(0)
    expectAbout((await counts(engine, '/at-once', 24)).b, 12, 2)
    await delay(slowStartMs + 50)
    // Its last turn as a light one may still be some ten requests away.
    expectAbout((await counts(engine, '/gradual', 60)).b, 30, 8)
    expectLikely((await counts(engine, '/gradual-least', 100)).b, 100, 0.5)
  })
  it('slowStart begins anew when a sick endpoint is healthy again', async () => {
    const [, b] = echoes as [Echo, Echo]
    b.healthy = false
    await until('b is out', async () => (await counts(engine, '/recovering', 8)).b === 0)
    await delay(slowStartMs)
    const began = performance.now()
    b.healthy = true
    await until('b is back', async () => (await instance(engine, '/recovering')) === 'b')
    await expectSlow(engine, '/recovering', began)
    await delay(slowStartMs + 50)
    expectAbout((await counts(engine, '/recovering', 60)).b, 30, 8)
  })
})
