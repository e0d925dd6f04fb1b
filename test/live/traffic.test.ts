import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Rig, startRig } from '../serve/rig.ts'
import { type Echo, startEcho } from '../support/echo.ts'
import { expectLikely } from '../support/chance.ts'
import { freePort } from '../support/free-port.ts'
import { send } from '../support/http.ts'
import { until } from '../support/until.ts'

let rig: Rig
const echoes: Echo[] = []
const add = async (name: string): Promise<Echo> => {
  const echo = await startEcho(name)
  echoes.push(echo)
  return echo
}

let a: Echo, b: Echo, weighted: Echo, flaky: Echo, slow: Echo, capped: Echo, deadPort: number

beforeAll(async () => {
  ;[a, b, weighted, flaky, slow, capped] = (await Promise.all(['a', 'b', 'weighted', 'flaky', 'slow', 'capped'].map(add))) as [
    Echo,
    Echo,
    Echo,
    Echo,
    Echo,
    Echo,
  ]
  deadPort = await freePort()
  const at = (echo: Echo): string => `"127.0.0.1:${echo.port}"`
  rig = await startRig(
    (port) => `version: 1
listeners: {public: {port: ${port}, address: 127.0.0.1, errorFormat: json}}
services:
  pair: {endpoints: [${at(a)}, ${at(b)}]}
  labelled:
    endpoints:
      - {address: ${at(a)}, labels: {version: v1, capability: [cpu]}}
      - {address: ${at(b)}, labels: {version: v2, capability: [cpu, gpu]}}
  weights: {endpoints: [{address: ${at(a)}, weight: 3}, {address: ${at(b)}, weight: 1}]}
  sticky: {endpoints: [${at(a)}, ${at(b)}], balancing: {strategy: maglev, key: request.header.x-user}}
  other: {endpoints: [${at(weighted)}]}
  flaky: {endpoints: [${at(flaky)}]}
  half-dead: {endpoints: [${at(a)}, "127.0.0.1:${deadPort}"]}
  slow: {endpoints: [${at(slow)}]}
  capped: {endpoints: [${at(capped)}], caps: {requests: 1}}
  named: {discovery: {dns: "localhost:${a.port}"}}
routes:
  pair: {match: {path: /pair/*}, to: pair}
  v2: {match: {path: /v2}, to: {service: labelled, labels: {version: v2}}}
  gpu: {match: {path: /gpu}, to: {service: labelled, labels: {capability: gpu}}}
  none: {match: {path: /none}, to: {service: labelled, labels: {version: v9}}}
  any: {match: {path: /any}, to: labelled}
  weights: {match: {path: /weights}, to: weights}
  sticky: {match: {path: /sticky}, to: sticky}
  split: {match: {path: /split}, to: [{service: pair, weight: 80}, {service: other, weight: 20}]}
  retried: {match: {path: /retried}, to: flaky, retry: {attempts: 3, when: [5xx], backoff: {initial: 1ms}}}
  posted: {match: {path: /posted}, to: flaky, retry: {attempts: 3, when: [5xx], methods: [POST], backoff: {initial: 1ms}}}
  plain: {match: {path: /plain}, to: flaky}
  connect: {match: {path: /connect}, to: half-dead, retry: {attempts: 3, backoff: {initial: 1ms}}}
  late: {match: {path: /late}, to: slow, timeouts: {request: 150ms}}
  tries: {match: {path: /tries}, to: slow, timeouts: {request: 60s, perTry: 100ms}, retry: {attempts: 3, when: [per-try-timeout], backoff: {initial: 1ms}}}
  capped: {match: {path: /capped}, to: capped}
  named: {match: {path: /named}, to: named}
  strip: {match: {path: /api/v1/x/*}, rewrite: {prefix: /}, to: pair}
  under: {match: {path: /under/*}, rewrite: {prefix: /new}, to: pair}
  user: {match: {path: '/users/{id}/orders/{rest=**}'}, rewrite: {path: '/o/{rest}/of/{id}', host: inner.test}, to: pair}
  headers:
    match: {path: /headers}
    to: pair
    headers: {request: {set: {x-set: 100%}, add: {x-add: more}, remove: [x-gone]}, response: {set: {x-reply: yes-sir}, remove: [x-secret]}}
  away: {match: {path: /away/*}, redirect: {prefix: /here, status: 307}}
  fixed: {match: {path: /fixed}, respond: {status: 503, json: {resting: true}, headers: {retry-after: "7"}}}
`,
  )
})

afterAll(async () => {
  await rig[Symbol.asyncDispose]()
  await Promise.all(echoes.map((echo) => echo.close()))
})

const get = (path: string, headers: Record<string, string> = {}, method = 'GET') => send(rig.port, path, { headers, method })
const instance = async (path: string, headers: Record<string, string> = {}): Promise<string> =>
  (JSON.parse((await get(path, headers)).body) as { instance: string }).instance
const counts = async (path: string, times: number, headers: Record<string, string> = {}): Promise<Record<string, number>> => {
  const found: Record<string, number> = {}
  for (let index = 0; index < times; index++) {
    const name = await instance(path, headers)
    found[name] = (found[name] ?? 0) + 1
  }
  return found
}

/** Lets an upstream answer nothing until what is returned is called. */
function hold(echo: Echo): () => void {
  const { promise, resolve } = Promise.withResolvers<void>()
  echo.held = () => promise
  return resolve
}

it('spreads requests evenly, and by weight', async () => {
  expect(await counts('/pair/x', 20)).toEqual({ a: 10, b: 10 })
  expect(await counts('/weights', 20)).toEqual({ a: 15, b: 5 })
})

it('keeps equal hash keys on one endpoint', async () => {
  for (const user of ['u1', 'u2', 'u3', 'u4']) expect(Object.values(await counts('/sticky', 5, { 'x-user': user }))).toEqual([5])
  const users = await Promise.all(Array.from({ length: 40 }, (_, index) => instance('/sticky', { 'x-user': `user-${index}` })))
  expect(new Set(users)).toEqual(new Set(['a', 'b']))
})

it('selects endpoints by label, and never another one', async () => {
  expect(await counts('/v2', 6)).toEqual({ b: 6 })
  expect(await counts('/gpu', 6)).toEqual({ b: 6 })
  expect(await counts('/any', 6)).toEqual({ a: 3, b: 3 })
  expect((await get('/none')).status).toBe(503)
})

it('splits between services by weight', async () => {
  const found = await counts('/split', 200)
  expectLikely(found['weighted'], 200, 0.2)
  expectLikely((found['a'] ?? 0) + (found['b'] ?? 0), 200, 0.8)
})

it('tries idempotent requests again, others only when asked', async () => {
  flaky.status = 503
  const attempts = async (path: string, method: string): Promise<number> => {
    flaky.seen.length = 0
    expect((await get(path, {}, method)).status).toBe(503)
    return flaky.seen.length
  }
  expect(await attempts('/plain', 'GET')).toBe(1)
  expect(await attempts('/retried', 'GET')).toBe(3)
  expect(await attempts('/retried', 'POST')).toBe(1)
  expect(await attempts('/posted', 'POST')).toBe(3)
})

it('goes to another endpoint when one cannot be reached', async () => {
  expect(await counts('/connect', 10)).toEqual({ a: 10 })
})

it('ends a request and an attempt in time', async () => {
  const release = hold(slow)
  expect((await get('/late')).status).toBe(504)
  const tries = (): number => slow.seen.filter(({ url }) => url === '/tries').length
  expect((await get('/tries')).status).toBe(504)
  await until('the third attempt has arrived', () => tries() >= 3)
  expect(tries()).toBe(3)
  release()
})

it('sends no more at once than the cap', async () => {
  const release = hold(capped)
  const statuses: number[] = []
  const all = Promise.all(Array.from({ length: 5 }, async () => statuses.push((await get('/capped')).status)))
  await until('the others are refused', () => statuses.length >= 3)
  expect(new Set(statuses)).toEqual(new Set([503]))
  release()
  await all
  expect(statuses).toContain(200)
})

it('follows a DNS name', async () => {
  expect(await instance('/named')).toBe('a')
})

it('rewrites paths and hosts and keeps the query', async () => {
  const url = async (path: string) => JSON.parse((await get(path)).body) as { url: string; headers: Record<string, string> }
  expect((await url('/api/v1/x')).url).toBe('/')
  expect((await url('/api/v1/x/')).url).toBe('/')
  expect((await url('/api/v1/x/y/z?q=1')).url).toBe('/y/z?q=1')
  expect((await url('/under/a?b')).url).toBe('/new/a?b')
  expect((await url('/under')).url).toBe('/new')
  const user = await url('/users/u%207/orders/a/b?c=d')
  expect([user.url, user.headers['host']]).toEqual(['/o/a/b/of/u%207?c=d', 'inner.test'])
})

it('sets, adds and removes headers', async () => {
  a.headers = b.headers = { 'x-secret': 's' }
  const reply = await get('/headers', { 'x-set': 'mine', 'x-add': 'one', 'x-gone': '1' })
  const seen = (JSON.parse(reply.body) as { headers: Record<string, string> }).headers
  expect([seen['x-set'], seen['x-add'], seen['x-gone']]).toEqual(['100%', 'one, more', undefined])
  expect([reply.headers['x-reply'], reply.headers['x-secret']]).toEqual(['yes-sir', undefined])
})

it('redirects and answers by itself, with the body as written', async () => {
  const away = await get('/away/x?y=1')
  expect([away.status, away.headers['location']]).toEqual([307, `http://127.0.0.1:${rig.port}/here/x?y=1`])
  const fixed = await get('/fixed')
  expect([fixed.status, fixed.headers['content-type'], fixed.headers['retry-after'], fixed.body]).toEqual([
    503,
    'application/json',
    '7',
    '{"resting":true}',
  ])
})

it('answers with an error of its own format where no route takes the request', async () => {
  const reply = await get('/nowhere')
  expect([reply.status, reply.headers['content-type']]).toEqual([404, 'application/json'])
  expect(JSON.parse(reply.body)).toMatchObject({ errors: [{ status: '404', code: 'ROUTE_NOT_FOUND' }] })
})
