import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Echo, startEcho } from '../support/echo.ts'
import { freePort } from '../support/free-port.ts'
import { send } from '../support/http.ts'
import { compileText, startNginx, type TestNginx } from '../support/nginx.ts'

let echo: Echo
let nginx: TestNginx
let port: number
let plain: number

beforeAll(async () => {
  echo = await startEcho()
  ;[port, plain] = [await freePort(), await freePort()]
  nginx = await startNginx(
    await compileText(
      `
version: 1
name: actions
listeners:
  public: {port: ${port}, errorFormat: problem-json}
  plain: {port: ${plain}, redirectTo: public}
services:
  echo: {endpoints: ["127.0.0.1:${echo.port}"]}
routes:
  json: {match: {path: /json}, respond: {status: 200, json: {a: [1, "\\"; }"]}, headers: {X-Own: "50% $host {x}"}}}
  teapot: {match: {path: /teapot}, respond: {status: 418, text: short and stout}}
  empty: {match: {path: /empty}, respond: {status: 204}}
  to-host: {match: {path: /to-host/*}, redirect: {host: other.test, status: 301}}
  to-path: {match: {path: /to-path}, redirect: {path: /new, port: 8443, scheme: https}}
  to-prefix: {match: {path: /old/*}, redirect: {prefix: /new, stripQuery: true, status: 302}}
  strip: {match: {path: /strip/*}, rewrite: {prefix: /}, to: echo}
  swap: {match: {path: /swap/*}, rewrite: {prefix: /api/v2, host: "inner.test:81"}, to: echo}
  add: {match: {path: /*, headers: {x-add: {present: true}}}, rewrite: {prefix: /added}, to: echo}
  template: {match: {path: "/users/{user}/files/{rest=**}"}, rewrite: {path: "/f/{rest}?no/{user}"}, to: echo}
  fixed: {match: {path: /fixed}, rewrite: {path: /one/two}, to: echo}
  headers:
    match: {path: /headers}
    to: echo
    headers:
      request: {set: {x-set: "100% $host", x-both: new}, add: {x-add: more, x-first: only}, remove: [x-gone]}
      response: {set: {x-set: "$host"}, add: {x-many: b}, remove: [x-powered-by]}
`.replace('/f/{rest}?no/{user}', '/f/{rest}/of/{user}'),
    ),
  )
})
afterAll(() => nginx.stop())

describe('answers of the gateway itself', () => {
  it('are given as written, whatever their status and their characters', async () => {
    const json = await send(port, '/json')
    expect([json.status, json.body, json.headers['content-type'], json.headers['x-own']]).toEqual([
      200,
      '{"a":[1,"\\"; }"]}',
      'application/json',
      '50% $host {x}',
    ])
    const teapot = await send(port, '/teapot')
    expect([teapot.status, teapot.body, teapot.headers['content-type'], teapot.headers['server']]).toEqual([
      418,
      'short and stout',
      'text/plain; charset=utf-8',
      'sluice',
    ])
    const empty = await send(port, '/empty')
    expect([empty.status, empty.body, empty.headers['content-type']]).toEqual([204, '', undefined])
    const head = await send(port, '/teapot', { method: 'HEAD' })
    expect([head.status, head.body, head.headers['content-length']]).toEqual([418, '', '15'])
    expect(echo.seen).toEqual([])
  })

  it.each([
    ['/to-host/x?y=1', 301, 'http://other.test/to-host/x?y=1'],
    ['/to-path?y=1', 308, 'https://gate.test:8443/new?y=1'],
    ['/old/a?y=1', 302, 'http://gate.test:8080/new/a'],
    ['/old', 302, 'http://gate.test:8080/new'],
  ])('redirect %s', async (path, status, location) => {
    const reply = await send(port, path, { headers: { host: 'gate.test:8080' } })
    expect([reply.status, reply.headers.location, reply.body]).toEqual([status, location, ''])
  })

  it('redirect a whole listener to another one', async () => {
    const reply = await send(plain, '/any/../x?y=1', { headers: { host: 'gate.test:80' } })
    expect([reply.status, reply.headers.location]).toEqual([308, `http://gate.test:${port}/x?y=1`])
    expect((await send(plain, '/a%2fb')).status).toBe(400)
  })

  it('have the error format of the listener, with the id of the request, and gRPC’s own for gRPC', async () => {
    const missing = await send(port, '/nothing')
    expect([missing.status, missing.headers['content-type']]).toEqual([404, 'application/problem+json'])
    expect(JSON.parse(missing.body)).toEqual({
      type: 'urn:sluice:problem:route-not-found',
      title: 'Not Found',
      status: 404,
      detail: 'No route of this gateway takes this host, path and method.',
      requestId: expect.stringMatching(/^[0-9a-f]{32}$/) as string,
    })
    const grpc = await send(port, '/nothing', { method: 'POST', headers: { 'content-type': 'application/grpc' } })
    expect([grpc.status, grpc.headers['grpc-status'], grpc.headers['content-type'], grpc.body]).toEqual([200, '12', 'application/grpc', ''])
  })
})

describe('requests to a service', () => {
  const seen = async (path: string, headers: Record<string, string | string[]> = {}) => {
    echo.seen.length = 0
    const reply = await send(port, path, { headers: { host: 'gate.test', ...headers } })
    const request = echo.seen.at(-1)
    return { reply, url: request?.url, headers: request?.headers ?? {} }
  }

  it.each([
    ['/strip', '/'],
    ['/strip/', '/'],
    ['/strip/a/b?c=/d', '/a/b?c=/d'],
    ['/swap/a', '/api/v2/a'],
    ['/swap', '/api/v2'],
    ['/users/7/files/a/b?x', '/f/a/b/of/7?x'],
    ['/users/%41%20b/files/', '/f//of/A%20b'],
    ['/fixed?x', '/one/two?x'],
  ])('rewrite %s to %s', async (path, url) => {
    expect((await seen(path)).url).toBe(url)
  })

  it('rewrite the root and the host', async () => {
    expect((await seen('/x?y', { 'x-add': '1' })).url).toBe('/added/x?y')
    expect((await seen('/', { 'x-add': '1' })).url).toBe('/added/')
    expect((await seen('/swap/a')).headers.host).toBe('inner.test:81')
    expect((await seen('/strip/a')).headers.host).toBe('gate.test')
  })

  it('change headers both ways', async () => {
    echo.headers = { 'x-powered-by': 'node', 'x-many': 'a', 'x-set': 'old' }
    const { reply, headers } = await seen('/headers', { 'x-set': 'old', 'x-add': 'one', 'x-gone': '1', 'x-both': 'old' })
    expect(headers).toMatchObject({ 'x-set': '100% $host', 'x-both': 'new', 'x-add': 'one, more', 'x-first': 'only' })
    expect(headers).not.toHaveProperty('x-gone')
    expect(reply.headers).toMatchObject({ 'x-set': '$host', 'x-many': 'a, b' })
    expect(reply.headers).not.toHaveProperty('x-powered-by')
  })

  it('keep body, method and large headers', async () => {
    const body = 'x'.repeat(300_000)
    const reply = await send(port, '/strip/upload', { method: 'PUT', body, headers: { 'x-large': 'y'.repeat(10_000) } })
    const told = JSON.parse(reply.body) as { method: string; body: string; headers: Record<string, string> }
    expect([reply.status, told.method, told.body.length, told.headers['x-large']?.length]).toEqual([200, 'PUT', 300_000, 10_000])
  })

  it('leave nothing behind in the runtime', async () => {
    expect((await nginx.status()).open).toBe(0)
  })
})
