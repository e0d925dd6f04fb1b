import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Echo, startEcho } from '../support/echo.ts'
import { type EngineName, engineNames, type Engines, startEngines } from '../support/engines.ts'
import { send } from '../support/http.ts'
import { seeded } from '../support/random.ts'
import { xxh64 } from '../support/xxh64.ts'

let engines: Engines
let echoes: Record<'blue' | 'green', Echo>

beforeAll(async () => {
  echoes = { blue: await startEcho('blue'), green: await startEcho('green') }
  engines = await startEngines(
    (port) => `
version: 1
listeners: {public: {port: ${port}}}
services:
  blue: {endpoints: ["127.0.0.1:${echoes.blue.port}"]}
  green: {endpoints: ["127.0.0.1:${echoes.green.port}"]}
routes:
  split: {match: {path: /split}, to: [{service: blue, weight: 70}, {service: green, weight: 30}], split: {by: request.header.x-user}}
  strip: {match: {path: "/strip/{user}"}, rewrite: {path: /users}, to: [{service: blue, weight: 70}, {service: green, weight: 30}], split: {by: request.path.user}}
  little: {match: {path: /little}, to: blue, canary: {to: green, percent: 10%, by: request.header.x-user}}
  more: {match: {path: /more}, to: blue, canary: {to: green, percent: 40.5%, by: request.header.x-user}}
`,
  )
})
afterAll(() => engines.stop())

/** Of all lengths up to 80, so that every part of the hash is used. */
const users = Array.from({ length: 240 }, (_, index) => {
  const random = seeded(index)
  return random.many(1 + (index % 80), () => random.pick([...'abcdefghijklmnopqrstuvwxyz0123456789-_.~'])).join('')
})

async function targets(engine: EngineName, path: (user: string) => string, headers: (user: string) => Record<string, string>): Promise<string[]> {
  const all: string[] = []
  for (const user of users) {
    const reply = await send(engines.ports[engine], path(user), { headers: headers(user) })
    all.push(reply.status === 200 ? (JSON.parse(reply.body) as { instance: string }).instance : String(reply.status))
  }
  return all
}
const withUser = (engine: EngineName, path: string) =>
  targets(
    engine,
    () => path,
    (user) => ({ 'x-user': user }),
  )

it('the reference hash is XXH64', () => {
  expect([xxh64(''), xxh64('a'), xxh64('abc')].map((hash) => hash.toString(16))).toEqual(['ef46db3751d8e999', 'd24ec4f1a98c6e5b', '44bc2cf5ad770999'])
})

describe.each(engineNames)('%s', (engine) => {
  it('sends a value to the target that its hash names, so to the same one as the other engine', async () => {
    const want = users.map((user) => (xxh64(user) % 100n < 70n ? 'blue' : 'green'))
    expect(await withUser(engine, '/split')).toEqual(want)
    expect(
      await targets(
        engine,
        (user) => `/strip/${user}`,
        () => ({}),
      ),
    ).toEqual(want)
    const blue = want.filter((target) => target === 'blue').length
    expect([blue > 140, blue < 196]).toEqual([true, true])
  })

  it('keeps whoever is in the canary when its share grows', async () => {
    const [little, more] = [await withUser(engine, '/little'), await withUser(engine, '/more')]
    const inside = (all: readonly string[]) => users.filter((_, index) => all[index] === 'green')
    expect(inside(little)).toEqual(users.filter((user) => xxh64(user) % 1_000_000n < 100_000n))
    expect(inside(more)).toEqual(users.filter((user) => xxh64(user) % 1_000_000n < 405_000n))
    expect(inside(little).every((user) => inside(more).includes(user))).toBe(true)
    expect(inside(little).length).toBeGreaterThan(8)
    expect(inside(more).length).toBeGreaterThan(inside(little).length + 30)
  })
})
