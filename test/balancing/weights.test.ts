import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type BothEngines, startBoth } from '../support/both-engines.ts'
import type { EngineName } from '../support/engines.ts'
import { type Echo, type Seen, startEcho } from '../support/echo.ts'
import { until } from '../support/until.ts'

let both: BothEngines
let echoes: readonly Echo[]

/** `gradual` gets its second endpoint later. */
function text(endpoints: number): (port: number) => string {
  const [a, b, c] = echoes.map(({ port }) => `"127.0.0.1:${port}"`) as [string, string, string]
  const weighted = `endpoints: [{address: ${a}, weight: 6}, {address: ${b}, weight: 3}, ${c}]`
  const growing = `endpoints: [${[a, b].slice(0, endpoints).join(', ')}]`
  return (port) => `version: 1
listeners: {public: {port: ${port}, address: 127.0.0.1}}
services:
  turns: {${weighted}}
  least: {${weighted}, balancing: least-request}
  peak: {${weighted}, balancing: peak-load}
  busy: {endpoints: [${a}, ${b}, ${c}], balancing: {strategy: least-request, choices: 5}}
  at-once: {${growing}}
  gradual: {${growing}, balancing: {slowStart: 900ms}}
  gradual-least: {${growing}, balancing: {strategy: least-request, slowStart: 900ms}}
  recovering: {endpoints: [${a}, ${b}], healthCheck: {interval: 50ms, timeout: 500ms, unhealthyAfter: 1, healthyAfter: 1}, balancing: {slowStart: 900ms}}
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
  const reply = await both.send(engine, path)
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

describe.each(['envoy', 'nginx'] as const)('on %s', (engine) => {
  it.each(['turns', 'least', 'peak'])('/%s gives 6, 3 and 1 of 10 requests', async (name) => {
    const found = await counts(engine, `/${name}`, 100)
    expectAbout(found.a, 60, 4)
    expectAbout(found.b, 30, 4)
    expectAbout(found.c, 10, 4)
  })

  it('least-request keeps off an endpoint that is busy', async () => {
    const [a] = echoes as [Echo]
    a.delayMs = 400
    try {
      const all = Promise.all(
        Array.from({ length: 8 }, async () => {
          const names: string[] = []
          for (let n = 0; n < 10; n++) names.push(await instance(engine, '/busy'))
          return names
        }),
      )
      const names = (await all).flat()
      expect(names.filter((name) => name === 'a').length).toBeLessThan(names.length / 5)
    } finally {
      a.delayMs = 0
    }
  })

  it('slowStart gives a new endpoint a small share at first, and its whole share in the end', async () => {
    // On Envoy the first endpoints of a service start slowly as well.
    await delay(950)
    await both.apply(engine, text(2))
    const [least, gradual, atOnce] = [
      await counts(engine, '/gradual-least', 24),
      await counts(engine, '/gradual', 24),
      await counts(engine, '/at-once', 24),
    ]
    expect(least.b).toBeLessThanOrEqual(8)
    expect(gradual.b).toBeLessThanOrEqual(8)
    expect(gradual.b).toBeGreaterThan(0)
    expectAbout(atOnce.b, 12, 2)
    await delay(950)
    // Its last turn as a light one may still be some ten requests away.
    expectAbout((await counts(engine, '/gradual', 60)).b, 30, 8)
    expectAbout((await counts(engine, '/gradual-least', 100)).b, 50, 20)
  })
  it('slowStart begins anew when a sick endpoint is healthy again', async () => {
    const [, b] = echoes as [Echo, Echo]
    b.healthy = false
    await until('b is out', async () => (await counts(engine, '/recovering', 8)).b === 0)
    await delay(900)
    b.healthy = true
    await until('b is back', async () => (await instance(engine, '/recovering')) === 'b')
    expect((await counts(engine, '/recovering', 24)).b).toBeLessThanOrEqual(8)
    await delay(950)
    expectAbout((await counts(engine, '/recovering', 60)).b, 30, 8)
  })
})
