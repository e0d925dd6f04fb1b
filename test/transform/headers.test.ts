import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Echo, startEcho } from '../support/echo.ts'
import { engineNames, type Engines, startEngines } from '../support/engines.ts'
import { send } from '../support/http.ts'

let echo: Echo
let engines: Engines

beforeAll(async () => {
  echo = await startEcho()
  engines = await startEngines(
    (port) => `
version: 1
listeners: {public: {port: ${port}, address: 127.0.0.1}}
services: {echo: {endpoints: ["127.0.0.1:${echo.port}"]}}
routes:
  everything:
    match: {path: "/u/{id}/{rest=**}"}
    rewrite: {path: "/changed/{rest}", host: inner.test}
    to: echo
    headers:
      request:
        set:
          x-client: "{client.ip}"
          x-user: "{request.header.x-user}"
          x-cookie: "{request.cookie.session}"
          x-query: "{request.query.a.b}"
          x-path: "{request.path.id}|{request.path.rest}"
          x-what: "{request.method} {request.host} {route} {service}"
          x-mixed: '100% {{"a": "{request.header.x-user}"} $host \\ %REQ(x-user)%'
          x-moved: "{request.header.x-old}"
          x-self: "<{request.header.x-self}>"
          x-swap-a: "{request.header.x-swap-b}"
          x-swap-b: "{request.header.x-swap-a}"
        add: {x-many: "{request.header.x-user}"}
        remove: [x-old]
      response:
        set: {x-told: "{request.header.x-old}/{request.header.x-self}/{request.host}/{request.path.id}/{service}", x-gone: "{request.cookie.none}"}
        add: {x-more: "{request.header.x-none}"}
`,
  )
})
afterAll(async () => {
  await engines.stop()
  await echo.close()
})

const names = ['client', 'user', 'cookie', 'query', 'path', 'what', 'mixed', 'moved', 'old', 'self', 'swap-a', 'swap-b', 'many'].map(
  (name) => `x-${name}`,
)

async function seen(engine: (typeof engineNames)[number], path: string, headers: Record<string, string | string[]>, method = 'GET') {
  echo.seen.length = 0
  const reply = await send(engines.ports[engine], path, { method, headers: { host: 'shop.test:81', ...headers } })
  const request = echo.seen.at(-1)
  return {
    status: reply.status,
    url: request?.url,
    upstream: Object.fromEntries(names.map((name) => [name, request?.headers[name]])),
    answer: Object.fromEntries(['x-told', 'x-gone', 'x-more'].map((name) => [name, reply.headers[name]])),
  }
}

describe.each(engineNames)('%s', (engine) => {
  it('puts attributes of the request in their places', async () => {
    const headers = { 'x-user': 'u1', cookie: 'other=1; session="s 1"; session=2', 'x-old': 'old', 'x-self': 'me', 'x-swap-a': 'a', 'x-swap-b': 'b' }
    expect(await seen(engine, '/u/7%20b/x/y?z=1&a.b=%41+&a.b=2', headers, 'PUT')).toEqual({
      status: 200,
      url: '/changed/x/y?z=1&a.b=%41+&a.b=2',
      upstream: {
        'x-client': '127.0.0.1',
        'x-user': 'u1',
        'x-cookie': 's 1',
        'x-query': '%41+',
        'x-path': '7%20b|x/y',
        'x-what': 'PUT shop.test everything echo',
        'x-mixed': '100% {"a": "u1"} $host \\ %REQ(x-user)%',
        'x-moved': 'old',
        'x-old': undefined,
        'x-self': '<me>',
        'x-swap-a': 'b',
        'x-swap-b': 'a',
        'x-many': 'u1',
      },
      answer: { 'x-told': 'old/me/shop.test/7%20b/echo', 'x-gone': undefined, 'x-more': undefined },
    })
  })

  it('never lets the header of a client stand in the place of an empty value', async () => {
    echo.headers = { 'x-gone': 'of the service' }
    const { upstream, answer } = await seen(engine, '/u/7/', {
      'x-client': 'evil',
      'x-cookie': 'evil',
      'x-query': ['evil', 'more'],
      'x-path': 'evil',
      'x-what': 'evil',
      'x-moved': 'evil',
      'x-many': 'own',
    })
    echo.headers = {}
    expect(upstream).toEqual({
      'x-client': '127.0.0.1',
      'x-user': undefined,
      'x-cookie': undefined,
      'x-query': undefined,
      'x-path': '7|',
      'x-what': 'GET shop.test everything echo',
      'x-mixed': '100% {"a": ""} $host \\ %REQ(x-user)%',
      'x-moved': undefined,
      'x-old': undefined,
      'x-self': '<>',
      'x-swap-a': undefined,
      'x-swap-b': undefined,
      'x-many': 'own',
    })
    expect(answer['x-gone']).toBe(undefined)
  })

  it.each([`%`, `%%`, `%REQ(:path)%`, '$host', '${host}', `"';{}#\\`, '{client.ip}', '{{', `\\1\\2`, 'ä', 'a,b', 'x'.repeat(100)])(
    'passes on %j as the text that it is',
    async (text) => {
      const { status, upstream } = await seen(engine, '/u/7/', { 'x-user': text, 'x-old': text })
      const expected = text.trim()
      expect([status, upstream['x-user'], upstream['x-moved']]).toEqual([200, expected, expected])
    },
  )

  it.each(['?a.b', '?a.b=', '?axb=1', '?xa.b=1&c', '?A.B=1', '?a.b%20=1', '?c=a.b=1', '/?a.b=1?&', '?&&a.b=%0d%0aX:%20y', '?a.b=%00%25'])(
    'reads the query %s',
    async (query) => {
      const { status, upstream } = await seen(engine, `/u/7/${query}`, { 'x-query': 'evil' })
      const first = query
        .slice(query.indexOf('?') + 1)
        .split('&')
        .find((pair) => pair === 'a.b' || pair.startsWith('a.b='))
      expect([status, upstream['x-query']]).toEqual([200, first?.slice(4) || undefined])
    },
  )

  it('joins a repeated header', async () => {
    expect((await seen(engine, '/u/7/', { 'x-user': ['a', 'b'] })).upstream['x-user']).toBe('a,b')
  })
})
