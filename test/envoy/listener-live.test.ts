import { create } from '@bufbuild/protobuf'
import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ConfigSchema as HeaderToMetadataSchema } from '#gen/envoy/extensions/filters/http/header_to_metadata/v3/header_to_metadata_pb.js'
import { RBAC_Action } from '#gen/envoy/config/rbac/v3/rbac_pb.js'
import { RBACPerRouteSchema } from '#gen/envoy/extensions/filters/http/rbac/v3/rbac_pb.js'
import { emitListener } from '../../src/envoy/listener.ts'
import { rawReplyRule } from '../../src/envoy/local-replies.ts'
import { baseExtensions, perRouteConfig } from '../../src/envoy/slots.ts'
import { staticBootstrap } from '../../src/envoy/static-bootstrap.ts'
import type { ErrorFormat } from '../../src/model/gateway.ts'
import { type Echo, type Seen, startEcho } from '../support/echo.ts'
import { startEnvoy, type TestEnvoy } from '../support/envoy.ts'
import { freePort } from '../support/free-port.ts'
import { type Call, type Reply, send } from '../support/http.ts'
import { forward, listenerNode, type RouteInit, routeTable, staticCluster } from '../support/resources.ts'
import { until } from '../support/until.ts'

const formats: readonly ErrorFormat[] = ['json', 'problem-json', 'text']
const ports = new Map<string, number>()
let echo: Echo
let envoy: TestEnvoy

const body = (text: string) => ({ body: { specifier: { case: 'inlineString' as const, value: text } } })
const respond = (path: string, status: number, text: string, more: RouteInit = {}): RouteInit => ({
  match: { pathSpecifier: { case: 'path', value: path } },
  action: { case: 'directResponse', value: { status, ...body(text) } },
  ...more,
})
const raw = { 'header-to-metadata': perRouteConfig('header-to-metadata', create(HeaderToMetadataSchema, { requestRules: [rawReplyRule()] })) }
const denied = {
  'rbac-authz': perRouteConfig('rbac-authz', create(RBACPerRouteSchema, { rbac: { rules: { action: RBAC_Action.ALLOW, policies: {} } } })),
}

beforeAll(async () => {
  echo = await startEcho()
  const routes = [
    respond('/written', 503, '{"mine":true}', { typedPerFilterConfig: raw }),
    respond('/plain', 503, 'internal words'),
    respond('/fine', 200, 'all is well'),
    forward('/denied', 'echo', { typedPerFilterConfig: { ...raw, ...denied } }),
    forward('/dead', 'dead'),
    forward('/echo', 'echo'),
    {
      match: { pathSpecifier: { case: 'path' as const, value: '/moved' } },
      action: { case: 'redirect' as const, value: { pathRewriteSpecifier: { case: 'pathRedirect' as const, value: '/echo' } } },
    },
  ]
  const listeners = await Promise.all(
    [...formats.map((errorFormat) => ({ name: errorFormat, errorFormat })), { name: 'behind', errorFormat: 'json' as const, trustedHops: 1 }].map(
      async (more) => {
        const port = await freePort()
        ports.set(more.name, port)
        return listenerNode(port, more)
      },
    ),
  )
  const resources = [
    ...listeners.flatMap((listener) => [emitListener(listener), routeTable(listener.name, routes)]),
    ...baseExtensions(),
    staticCluster('echo', echo.port),
    staticCluster('dead', await freePort()),
  ]
  envoy = await startEnvoy({ bootstrap: (path) => staticBootstrap(resources, { nodeId: 'n', nodeCluster: 'c', admin: { type: 'pipe', path } }) })
})
afterAll(async () => {
  await envoy.stop()
  await echo.close()
})

const ask = (path: string, call: Call = {}, listener = 'json'): Promise<Reply> => send(ports.get(listener) ?? 0, path, call)
const seen = (reply: Reply): Seen => JSON.parse(reply.body) as Seen

/** The first line that a raw request gets back, for what Node's client would refuse to send. */
function rawRequest(text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let got = ''
    const socket = connect(ports.get('json') ?? 0, '127.0.0.1', () => socket.write(text))
    socket.on('data', (chunk) => {
      got += chunk.toString()
      if (got.includes('\r\n')) socket.destroy()
    })
    socket.on('close', () => resolve(got.split('\r\n')[0] ?? ''))
    socket.on('error', reject)
  })
}

describe('the emitted listener on a real Envoy', () => {
  it('passes an ordinary request with every slot in place', async () => {
    const reply = await ask('/echo/a?b=c')
    expect(reply.status).toBe(200)
    expect(reply.headers.server).toBe('sluice')
    expect(Object.keys(reply.headers).filter((name) => name.startsWith('x-envoy'))).toEqual([])
    expect(seen(reply).url).toBe('/echo/a?b=c')
  })

  it('takes away headers that only the gateway may set, and the controls of the proxy', async () => {
    const headers = {
      'x-auth-id': 'root',
      'X-Auth-Anything': '1',
      'x-sluice-x': '1',
      'x-forwarded-host': 'evil',
      forwarded: 'for=evil',
      'x-envoy-retry-on': '5xx',
      'x-envoy-upstream-rq-timeout-ms': '1',
      'x-envoy-internal': 'true',
      'x-forwarded-client-cert': 'evil',
      'x-request-id': 'mine',
      'x-kept': 'yes',
    }
    const upstream = seen(await ask('/echo', { headers })).headers
    const names = Object.keys(upstream).filter((name) => name !== 'x-envoy-external-address')
    expect(names.sort()).toEqual(
      ['connection', 'host', 'x-forwarded-for', 'x-forwarded-proto', 'x-kept', 'x-request-id'].filter((name) => name in upstream),
    )
    expect(upstream['x-request-id']).toMatch(/^[0-9a-f-]{36}$/)
  })

  it('believes forwarding headers only behind as many proxies as it is told', async () => {
    const headers = { 'x-forwarded-for': '198.51.100.1, 203.0.113.9', 'x-forwarded-host': 'shop.example.com' }
    const edge = seen(await ask('/echo', { headers })).headers
    const behind = seen(await ask('/echo', { headers }, 'behind')).headers
    expect([edge['x-envoy-external-address'], edge['x-forwarded-host']]).toEqual(['127.0.0.1', undefined])
    expect([behind['x-envoy-external-address'], behind['x-forwarded-host']]).toEqual(['203.0.113.9', 'shop.example.com'])
  })

  it.each([
    ['an escaped slash', 'GET /echo/..%2fdenied HTTP/1.1\r\nhost: a\r\n\r\n', '400'],
    ['a header with an underscore', 'GET /echo HTTP/1.1\r\nhost: a\r\nx_y: 1\r\n\r\n', '400'],
    ['both framings', 'POST /echo HTTP/1.1\r\nhost: a\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n', '400'],
    ['HTTP/1.0', 'GET /echo HTTP/1.0\r\nhost: a\r\n\r\n', '426'],
    [
      'more than 100 headers',
      `GET /echo HTTP/1.1\r\nhost: a\r\n${Array.from({ length: 101 }, (_, index) => `x-${index}: 1\r\n`).join('')}\r\n`,
      '431',
    ],
  ])('refuses %s', async (_, text, status) => {
    expect((await rawRequest(text)).split(' ')[1]).toBe(status)
  })

  it('matches a path after dot segments and double slashes are gone', async () => {
    expect((await ask('/echo/..//denied')).status).toBe(403)
    expect((await ask('/echo/%2e%2e/denied')).status).toBe(403)
  })

  it('drains no client for a websocket that no route allows', async () => {
    expect((await ask('/echo', { headers: { connection: 'upgrade', upgrade: 'websocket' } })).status).toBe(403)
  })
})

describe('replies that the proxy makes itself', () => {
  it('are errors[] with json', async () => {
    const reply = await ask('/nowhere')
    expect([reply.status, reply.headers['content-type']]).toEqual([404, 'application/json'])
    expect(JSON.parse(reply.body)).toEqual({
      errors: [
        {
          status: '404',
          code: 'ROUTE_NOT_FOUND',
          title: 'Not Found',
          detail: expect.any(String) as string,
          meta: { requestId: expect.stringMatching(/^[0-9a-f-]{36}$/) as string },
        },
      ],
    })
  })

  it('are problem details with problem-json', async () => {
    const reply = await ask('/dead', {}, 'problem-json')
    expect([reply.status, reply.headers['content-type']]).toEqual([503, 'application/problem+json'])
    expect(JSON.parse(reply.body)).toMatchObject({ type: 'urn:sluice:problem:endpoint-unreachable', status: 503 })
  })

  it('are one line with text', async () => {
    const reply = await ask('/denied', {}, 'text')
    expect([reply.status, reply.headers['content-type']]).toEqual([403, 'text/plain; charset=utf-8'])
    expect(reply.body).toBe('Forbidden: The caller may not use this route.\n')
  })

  it('never hold the proxy’s own words about sockets or rules', async () => {
    for (const format of formats) {
      for (const path of ['/dead', '/denied', '/plain']) {
        const reply = await ask(path, {}, format)
        expect(reply.body).not.toMatch(/127\.0\.0\.1|RBAC|upstream|internal words|reset reason/i)
      }
    }
  })

  it('leave a marked route’s own body as written, but not the refusals before it', async () => {
    for (const format of formats) {
      const reply = await ask('/written', {}, format)
      expect([reply.status, reply.body]).toEqual([503, '{"mine":true}'])
      expect((await ask('/denied', {}, format)).body).toMatch(/forbidden/i)
    }
  })

  it('leave success and redirects alone', async () => {
    expect((await ask('/fine')).body).toBe('all is well')
    expect(await ask('/moved')).toMatchObject({ status: 301, body: '' })
  })

  it('leave an upstream’s own error alone', async () => {
    echo.status = 503
    const reply = await ask('/echo/own')
    echo.status = 200
    expect([reply.status, seen(reply).url]).toEqual([503, '/echo/own'])
  })

  it('tell gRPC clients the status in a fixed word, not what Envoy knows', async () => {
    const reply = await ask('/denied', { method: 'POST', headers: { 'content-type': 'application/grpc' } })
    expect(reply.status).toBe(200)
    expect([reply.headers['grpc-status'], reply.headers['grpc-message']]).toEqual(['7', 'Forbidden'])
  })
})

describe('the access log', () => {
  it('is one JSON object a request, without the query, with hostile text encoded', async () => {
    await ask('/echo/log?token=secret', { headers: { 'user-agent': 'a"}\\{"forged":"yes' } })
    const line = await until('it is written', () =>
      envoy
        .output()
        .split('\n')
        .find((text) => text.includes('/echo/log')),
    )
    expect(JSON.parse(line)).toMatchObject({
      path: '/echo/log',
      status: 200,
      listener: 'json',
      service: 'echo',
      user_agent: 'a"}\\{"forged":"yes',
      client_ip: '127.0.0.1',
      details: 'via_upstream',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/) as string,
      upstream_ms: expect.any(Number) as number,
    })
    expect(envoy.output()).not.toContain('secret')
  })
})

describe('statistics', () => {
  it('exist where they are needed and nowhere else', async () => {
    const names = (await envoy.admin('/stats')).body.split('\n').map((line) => line.split(':')[0] ?? '')
    expect(names).toEqual(
      expect.arrayContaining([
        'http.json.downstream_rq_total',
        'cluster.echo.upstream_rq_total',
        'cluster.echo.membership_healthy',
        'http.json.rbac.denied',
        'server.live',
      ]),
    )
    expect(names.filter((name) => name.startsWith('cluster.echo.')).length).toBeLessThan(40)
  })
})
