import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Echo, startEcho } from '../support/echo.ts'
import { freePort } from '../support/free-port.ts'
import { engineNames, type Engines, startEngines } from '../support/engines.ts'
import { type Call, type Reply, send } from '../support/http.ts'

let echo: Echo
let engines: Engines

beforeAll(async () => {
  echo = await startEcho()
  const dead = await freePort()
  engines = await startEngines(
    (port) => `
version: 1
listeners: {public: {port: ${port}, address: 127.0.0.1}}
services: {echo: {endpoints: ["127.0.0.1:${echo.port}"]}, dead: {endpoints: ["127.0.0.1:${dead}"]}}
defaults: {route: {cors: {origins: ["https://shop.test", "https://*.wild.test", "http://localhost:*"], credentials: true, exposeHeaders: [x-a]}}}
routes:
  read: {match: {path: /orders, methods: [GET]}, to: echo}
  write: {match: {path: /orders, methods: [POST]}, to: echo, cors: {origins: ["https://admin.test"], maxAge: 0s}}
  beta: {match: [{path: /beta, headers: {x-beta: "1"}}, {path: /gamma, methods: [PUT]}], to: echo}
  everything: {match: {path: /all}, to: echo, cors: {origins: ["*"]}, headers: {response: {set: {x-own: "1"}}}}
  dead: {match: {path: /dead}, to: dead}
  large: {match: {path: /large}, to: echo, bodyLimit: 3B}
  closed: {match: {path: /closed}, to: echo, cors: none}
`,
  )
})
afterAll(async () => {
  await engines.stop()
  await echo.close()
})

const asked = (origin: string | string[], method: string, more: Record<string, string> = {}): Call => ({
  method: 'OPTIONS',
  headers: { host: 'a.test', origin, 'access-control-request-method': method, ...more },
})

/** Everything that both engines must agree on. */
async function both(path: string, call: Call): Promise<{ reply: Reply; forwarded: number }> {
  const replies = []
  for (const engine of engineNames) {
    echo.seen.length = 0
    const reply = await send(engines.ports[engine], path, call)
    replies.push({ reply, forwarded: echo.seen.length })
  }
  const [first, second] = replies
  if (!first || !second) throw new Error('there are two engines')
  expect(told(second.reply)).toEqual(told(first.reply))
  expect(second.forwarded).toBe(first.forwarded)
  return first
}

function told({ status, headers }: Reply) {
  const names = Object.keys(headers).filter((name) => name.startsWith('access-control-') || ['vary', 'content-type', 'x-own'].includes(name))
  return { status, headers: Object.fromEntries(names.sort().map((name) => [name, headers[name]])) }
}

describe('a preflight', () => {
  it('is answered for the route that would take the method that it asks for', async () => {
    const read = await both('/orders', asked('https://shop.test', 'GET', { 'access-control-request-headers': 'x-other' }))
    expect([read.forwarded, told(read.reply)]).toEqual([
      0,
      {
        status: 200,
        headers: {
          'access-control-allow-credentials': 'true',
          'access-control-allow-headers': 'authorization, content-type',
          'access-control-allow-methods': 'GET',
          'access-control-allow-origin': 'https://shop.test',
          'access-control-expose-headers': 'x-a',
          'access-control-max-age': '600',
        },
      },
    ])
    const write = await both('/orders', asked('https://admin.test', 'POST'))
    expect(write.reply.headers).toMatchObject({ 'access-control-allow-methods': 'POST', 'access-control-max-age': '0' })
  })

  it.each([
    ['/beta', 'DELETE'],
    ['/gamma', 'PUT'],
    ['/all', 'GET'],
    ['/dead', 'GET'],
    ['/large', 'POST'],
  ])('needs neither the headers nor the method of the match: %s', async (path, method) => {
    const { reply, forwarded } = await both(path, asked('https://shop.test', method))
    expect([reply.status, forwarded, reply.headers['access-control-allow-origin'], reply.headers['x-own']]).toEqual([
      200,
      0,
      'https://shop.test',
      undefined,
    ])
  })

  it('for a method that no route takes is not found, and not forwarded', async () => {
    const { reply, forwarded } = await both('/orders', asked('https://shop.test', 'DELETE'))
    expect([reply.status, forwarded, reply.headers['access-control-allow-origin']]).toEqual([404, 0, undefined])
  })

  it.each([
    'https://evil.test',
    'https://shop.test.evil.test',
    'https://shop.test:8443',
    'https://SHOP.test',
    'http://shop.test',
    'https://wild.test',
    'https://evil.test/.wild.test',
    'https://evil.test#.wild.test',
    'https://xwild.test',
    'https://.wild.test',
    'https://shop.test,https://evil.test',
    'http://localhost:',
    'http://localhost:123456',
    'null',
    '*',
    '%00',
    '$host',
    ['https://shop.test', 'https://evil.test'],
  ])('from %s is answered without a permission', async (origin) => {
    const { reply, forwarded } = await both('/orders', asked(origin, 'GET'))
    expect([reply.status, forwarded, reply.headers['access-control-allow-origin']]).toEqual([200, 0, undefined])
  })

  it.each(['https://a.wild.test', 'https://a.b-c.wild.test', 'http://localhost', 'http://localhost:5173'])('from %s is allowed', async (origin) => {
    expect((await both('/orders', asked(origin, 'GET'))).reply.headers['access-control-allow-origin']).toBe(origin)
  })

  it('of a route without the key goes to the service, and so does OPTIONS that is none', async () => {
    expect((await both('/closed', asked('https://shop.test', 'GET'))).forwarded).toBe(1)
    const plain: readonly Record<string, string>[] = [
      {},
      { origin: 'https://shop.test' },
      { 'access-control-request-method': 'GET' },
      { origin: 'https://shop.test', 'access-control-request-method': '' },
    ]
    for (const headers of plain) {
      expect((await both('/all', { method: 'OPTIONS', headers: { host: 'a.test', ...headers } })).forwarded).toBe(1)
      expect((await both('/orders', { method: 'OPTIONS', headers: { host: 'a.test', ...headers } })).reply.status).toBe(404)
    }
  })
})

describe('an answer', () => {
  const from = (origin: string): Call => ({ headers: { host: 'a.test', origin } })

  it('says what the gateway says, whatever the service does', async () => {
    echo.headers = { 'access-control-allow-origin': '*', 'access-control-allow-credentials': 'true', 'access-control-max-age': '1', vary: 'Accept' }
    const allowed = await both('/orders', from('https://shop.test'))
    expect(told(allowed.reply).headers).toEqual({
      'access-control-allow-credentials': 'true',
      'access-control-allow-origin': 'https://shop.test',
      'access-control-expose-headers': 'x-a',
      'content-type': 'application/json',
      vary: 'Accept,Origin',
    })
    const refused = await both('/orders', from('https://evil.test'))
    expect(told(refused.reply).headers).toEqual({ 'content-type': 'application/json', vary: 'Accept,Origin' })
    const none = await both('/orders', { headers: { host: 'a.test' } })
    expect(told(none.reply)).toEqual(told(refused.reply))
    echo.headers = {}
  })

  it('of the gateway itself carries the headers too', async () => {
    const dead = await both('/dead', from('https://shop.test'))
    expect([dead.reply.status, dead.reply.headers['access-control-allow-origin'], dead.reply.headers['vary']]).toEqual([
      503,
      'https://shop.test',
      'Origin',
    ])
    const large = await both('/large', { ...from('https://shop.test'), method: 'POST', body: 'four' })
    expect([large.reply.status, large.reply.headers['access-control-allow-origin'], large.reply.headers['access-control-allow-credentials']]).toEqual(
      [413, 'https://shop.test', 'true'],
    )
  })
})
