import { Agent } from 'node:http'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type Echo, startEcho } from '../support/echo.ts'
import { engineNames, type Engines, startEngines } from '../support/engines.ts'
import { freePort } from '../support/free-port.ts'
import { send } from '../support/http.ts'
import { until } from '../support/until.ts'

let engines: Engines
let main: Echo
let shadow: Echo

beforeAll(async () => {
  ;[main, shadow] = [await startEcho('main'), await startEcho('shadow')]
  const closed = await freePort()
  engines = await startEngines(
    (port) => `
version: 1
listeners: {public: {port: ${port}}}
services:
  main: {endpoints: ["127.0.0.1:${main.port}"]}
  shadow: {endpoints: ["127.0.0.1:${shadow.port}"]}
  closed: {endpoints: ["127.0.0.1:${closed}"]}
routes:
  all:
    match: {path: /api/*}
    to: main
    mirror: {to: shadow}
    rewrite: {prefix: /v2, host: inner.test}
    headers: {request: {set: {x-set: "a b"}, add: {x-many: two}, remove: [x-gone]}}
  closed: {match: {path: /closed}, to: main, mirror: [{to: closed}, {to: shadow}]}
`,
  )
})
afterAll(() => engines.stop())
afterEach(() => {
  main.seen.length = shadow.seen.length = 0
  shadow.delayMs = 0
  shadow.status = 200
})

/** Headers of the connection between the proxy and one upstream. */
const ofConnection = new Set(['connection', 'x-envoy-internal', 'x-forwarded-for', 'x-envoy-expected-rq-timeout-ms', 'transfer-encoding'])
const told = (headers: Readonly<Record<string, unknown>>) => Object.fromEntries(Object.entries(headers).filter(([name]) => !ofConnection.has(name)))

describe.each(engineNames)('a mirror on %s', (engine) => {
  const port = () => engines.ports[engine]

  it.each([
    ['GET', '/api/a%20b/?x=1&y', undefined],
    ['POST', '/api/items', 'a body\r\n\r\nwith lines'],
    ['PUT', '/api', ''],
    ['POST', '/api/large', 'x'.repeat(60_000)],
    ['DELETE', '/api/items/1', undefined],
  ])('gets the request as the service does: %s %s', async (method, path, body) => {
    const headers = {
      host: 'outer.test',
      'x-many': ['one'],
      'x-gone': 'gone',
      'x-forwarded-for': '192.0.2.1',
      'x-repeated': ['1', '2'],
      'content-type': 'text/plain',
    }
    const reply = await send(port(), path, { method, headers, ...(body === undefined ? {} : { body }) })
    expect([reply.status, (JSON.parse(reply.body) as { instance: string }).instance]).toEqual([200, 'main'])
    await until('the copy has come', () => Promise.resolve(shadow.seen.length === 1))
    const [original, copy] = [main.seen[0], shadow.seen[0]]
    expect([copy?.method, copy?.url, copy?.body]).toEqual([original?.method, original?.url, original?.body])
    expect(told(copy?.headers ?? {})).toEqual(told(original?.headers ?? {}))
    expect([copy?.headers.host, copy?.headers['x-set'], copy?.headers['x-gone']]).toEqual(['inner.test', 'a b', undefined])
    expect(copy?.headers['x-forwarded-for']).toContain(original?.headers['x-forwarded-for'] ?? 'nothing')
  })

  it('never holds up the answer, nor the next request of the same connection', async () => {
    const { promise, resolve } = Promise.withResolvers<void>()
    shadow.held = () => promise
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    const before = shadow.seen.length
    let answered = 0
    const slow = until('the mirror has all copies', () => Promise.resolve(shadow.seen.length === before + 10))
    for (let index = 0; index < 10; index++) {
      const reply = await send(port(), '/api/x', { agent })
      answered += reply.status === 200 ? 1 : 0
    }
    // The mirror answers none of them before it has all: had one answer waited for its copy, there would be no next one.
    await slow
    shadow.held = () => undefined
    resolve()
    agent.destroy()
    expect([answered, main.seen.length, shadow.seen.length]).toEqual([10, 10, 10])
    await until('nothing is left of them', async () => (await engines.nginx.status()).open === 0)
  })

  it('changes nothing when it is broken or gone', async () => {
    shadow.status = 500
    const replies = await Promise.all(Array.from({ length: 10 }, () => send(port(), '/closed')))
    expect(replies.map(({ status }) => status)).toEqual(Array.from({ length: 10 }, () => 200))
    await until('the other mirror has its copies', () => Promise.resolve(shadow.seen.length === 10))
    expect(main.seen).toHaveLength(10)
    expect(shadow.seen.map(({ headers }) => headers.host)).toEqual(main.seen.map(({ headers }) => headers.host))
  })
})
