import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { joinedHeaders } from '../../src/model/header-values.ts'
import { match } from '../../src/model/match.ts'
import { rank, type RouteTable } from '../../src/model/rank.ts'
import { type Echo, startEcho } from '../support/echo.ts'
import { freePort } from '../support/free-port.ts'
import { hostile } from '../support/hostile-paths.ts'
import { startNginx, type TestNginx } from '../support/nginx.ts'
import { gatewayOf, listenerOn, madeOf, nginxIsStricter, serviceOn, setting, telling, to } from '../support/nginx-routes.ts'
import { seeded } from '../support/random.ts'
import { exchange, type RawReply, type RawRequest, sendBytes } from '../support/raw-http.ts'
import { matchOf, routeOf } from '../support/routes.ts'

const forwarding = (name: string, path: string, listener = 'main') =>
  routeOf(name, matchOf(path, name === 'api' ? { methods: ['GET'] } : {}), {
    listeners: [listener],
    policies: setting({ 'x-route': name }),
    ...to('echo'),
  })
const routes = [forwarding('admin', '/admin/*'), forwarding('rest', '/*'), forwarding('api', '/api/v1/{id}')]
const conditions = [
  'x-v',
  'accept-language',
  'cookie',
  'x-api-key',
  ...[...joinedHeaders].filter((name) => name !== 'x-forwarded-for' && name !== 'expect'),
]
/** Envoy joins repeated ones; nginx, or the runtime, refuses a request that repeats them. */
const once = new Set(['authorization', 'if-match', 'if-modified-since', 'if-none-match', 'if-range', 'if-unmodified-since'])
const headerRoutes = conditions.flatMap((name) => [
  telling(routeOf(`${name}.one`, matchOf(`/${name}/*`, { headers: [{ name, type: 'exact', value: '22' }] }), { listeners: ['headers'] })),
  telling(routeOf(`${name}.all`, matchOf(`/${name}/*`, { headers: [{ name, type: 'exact', value: '11,22' }] }), { listeners: ['headers'] })),
])
const hostRoutes = [
  telling(routeOf('port', matchOf('/*', { headers: [{ name: 'host', type: 'exact', value: 'A.test:80' }] }), { listeners: ['hosts'] })),
  telling(routeOf('other', '/*', { listeners: ['hosts'] })),
]

let echo: Echo
let nginx: TestNginx
const ports = new Map<string, number>()
const tables = new Map<string, RouteTable>()

beforeAll(async () => {
  echo = await startEcho()
  const listeners = []
  for (const name of ['main', 'headers', 'hosts', 'nothing']) {
    const listener = listenerOn(name, await freePort())
    listeners.push(listener)
    ports.set(name, listener.port)
    tables.set(name, rank([...routes, ...headerRoutes, ...hostRoutes], listener))
  }
  nginx = await startNginx(madeOf(gatewayOf(listeners, [...routes, ...headerRoutes, ...hostRoutes], [serviceOn('echo', [echo.port])])))
})
afterAll(() => nginx.stop())

const get = (path: string, more: Partial<RawRequest> = {}): RawRequest => ({ method: 'GET', path, host: 'gateway.test', headers: [], ...more })
const ask = (listener: string, requests: readonly RawRequest[]) => exchange(ports.get(listener) ?? 0, requests)

/** The route and the path that the upstream sees, or the status. */
function outcome(reply: RawReply | undefined): string {
  if (reply?.status !== 200) return String(reply?.status)
  return reply.body === '' ? reply.route : `${reply.route} ${(JSON.parse(reply.body) as { url: string }).url}`
}

function expected(listener: string, request: RawRequest): string {
  const matched = match(tables.get(listener) ?? { virtualHosts: [], byHost: new Map() }, request)
  if (matched.type !== 'route') return matched.type === 'none' ? '404' : '400'
  const name = matched.entry.route.name
  return listener === 'main' ? `${name} ${matched.path}${matched.query === undefined ? '' : `?${matched.query}`}` : name
}

describe('hostile requests on a real nginx', () => {
  it('are refused, or routed and forwarded as the model says; nginx is stricter for a few, never laxer', async () => {
    const replies = await ask(
      'main',
      hostile.map((path) => get(path)),
    )
    const stricter: string[] = []
    const wrong = hostile.flatMap((path, index) => {
      const [seen, want] = [outcome(replies[index]), expected('main', get(path))]
      if (seen === want) return []
      if (seen === '400' && nginxIsStricter(path)) stricter.push(path)
      return seen === '400' && nginxIsStricter(path) ? [] : [[path, seen, want]]
    })
    expect(wrong).toEqual([])
    expect(stricter.toSorted()).toEqual([...aboveRoot, ...badEscapes].toSorted())
  })

  it('made of random pieces are seen by the upstream as the model says', async () => {
    const random = seeded(Number(process.env['FUZZ_SEED'] ?? 3))
    const pieces = [
      '/',
      '/',
      '/',
      '\\',
      '.',
      '.',
      '..',
      '%2e',
      '%2E',
      '%',
      '2',
      '3',
      'e',
      ';',
      'a',
      'f',
      '%61',
      '%32',
      '%25',
      '%65',
      '|',
      '?',
      '%20',
      'admin',
      '%3b',
      '~',
    ]
    const paths = random.many(4_000, () => `/${random.many(1 + random.below(9), () => random.pick(pieces)).join('')}`)
    const replies = await ask(
      'main',
      paths.map((path) => get(path)),
    )
    const wrong = paths.flatMap((path, index) => {
      const [seen, want] = [outcome(replies[index]), expected('main', get(path))]
      return seen === want || (seen === '400' && nginxIsStricter(path)) ? [] : [[path, seen, want]]
    })
    expect(wrong).toEqual([])
    expect(replies.filter((reply) => reply.status === 200).length).toBeGreaterThan(1_000)
  })

  it('reach a protected prefix only through its route', async () => {
    const paths = hostile.filter((path) => /admin/i.test(path.replaceAll(/%61/g, 'a').replaceAll(/%41/g, 'A')))
    const replies = await ask(
      'main',
      paths.map((path) => get(path)),
    )
    expect(paths.length).toBeGreaterThan(60)
    expect(replies.map(outcome).filter((seen) => /^rest \/+admin(?:$|[/;?]|%20(?:$|[/?])|%[01])/.test(seen))).toEqual([])
  })

  it('get 404, or 400 from a guard, where there is no route at all', async () => {
    const replies = await ask('nothing', [get('/'), get('/%zz'), get('/a;b'), get('/x/%2e%2e;/y')])
    expect(replies.map((reply) => reply.status)).toEqual([404, 400, 404, 400])
  })

  it.each([
    ['an underscore in a name', 'x_a: 1'],
    ['a dot in a name', 'x.a: 1'],
    ['two hosts', 'host: other.test'],
    ['two authorizations', 'authorization: a\r\nauthorization: b'],
    ['a control character in a value', 'x-a: 1\x01'],
    ['a space before the colon', 'x-a : 1'],
    ['a length and chunks', 'content-length: 3\r\ntransfer-encoding: chunked'],
    ['two lengths', 'content-length: 0\r\ncontent-length: 0'],
    ['an unknown transfer encoding', 'transfer-encoding: x'],
    ['more than 100 headers', Array.from({ length: 101 }, (_, index) => `x-${index}: 1`).join('\r\n')],
    ['a header of 40 kB', `x-a: ${'a'.repeat(40_000)}`],
  ])('with %s are refused in the error format of the listener', async (_what, lines) => {
    const reply = await raw(`GET / HTTP/1.1\r\nhost: gateway.test\r\n${lines}\r\n\r\n`)
    expect([400, 431, 501]).toContain(reply?.status)
    expect(reply?.headers['content-type']).toBe('application/json')
    expect(reply?.body).toContain('"requestId"')
    expect(echo.seen.at(-1)?.headers['x-a']).toBeUndefined()
  })

  it('cannot bring headers that only the gateway may set', async () => {
    const names = [
      'x-auth-id',
      'X-AUTH-Role',
      'x-sluice-a',
      'x-forwarded-host',
      'X-Forwarded-Port',
      'forwarded',
      'x-envoy-peer-metadata',
      'keep-alive',
      'proxy-connection',
    ]
    echo.seen.length = 0
    await ask('main', [
      get('/', {
        headers: [...names.map((name) => [name, 'evil'] as const), ['x-fine', '1'], ['x-forwarded-for', '9.9.9.9'], ['x-request-id', 'evil']],
      }),
    ])
    const seen = echo.seen[0]?.headers ?? {}
    expect(Object.keys(seen).sort()).toEqual(['host', 'x-fine', 'x-forwarded-for', 'x-forwarded-proto', 'x-request-id'])
    expect(seen).toMatchObject({ host: 'gateway.test', 'x-fine': '1', 'x-forwarded-for': '9.9.9.9, 127.0.0.1', 'x-forwarded-proto': 'http' })
    expect(seen['x-request-id']).toMatch(/^[0-9a-f]{32}$/)
  })

  it('before HTTP/1.1 get 426', async () => {
    const reply = await raw('GET / HTTP/1.0\r\nhost: gateway.test\r\n\r\n')
    expect([reply?.status, reply?.body]).toEqual([426, expect.stringContaining('"UPGRADE_REQUIRED"')])
  })

  it('may name the host in the request line, which counts more than the header', async () => {
    const reply = await raw('GET http://one.test:81/x?y HTTP/1.1\r\nhost: two.test\r\nconnection: close\r\n\r\n')
    expect(JSON.parse(reply?.body ?? '')).toMatchObject({ url: '/x?y', headers: { host: 'one.test:81' } })
  })
})

describe('conditions on headers on a real nginx', () => {
  it('see repeated headers apart, or joined for some names', async () => {
    const requests = conditions.map((name) =>
      get(`/${name}/`, {
        headers: [
          [name, '11'],
          [name, ''],
          [name, '22'],
        ],
      }),
    )
    const replies = await ask('headers', requests)
    expect(replies.map(outcome)).toEqual(requests.map((request, index) => (once.has(conditions[index] ?? '') ? '400' : expected('headers', request))))
  })

  it('see the host with its port and without the last dot', async () => {
    const requests = ['A.test:80', 'a.test:80', 'A.test.:80', 'A.test'].map((host) => get('/', { host }))
    expect((await ask('hosts', requests)).map(outcome)).toEqual(['port', 'other', 'port', 'other'])
    expect(requests.map((request) => expected('hosts', request))).toEqual(['port', 'other', 'port', 'other'])
  })
})

/** Bytes to the main listener. */
const raw = (bytes: string) => sendBytes(ports.get('main') ?? 0, bytes)

/** Envoy stays at the root. */
const aboveRoot = ['/..', '/../admin', '/../../admin', '/x/../../admin', '/%2e%2e/admin', `/${'../'.repeat(200)}admin`]
/** Envoy decodes around a percent sign that begins no escape, and forwards that sign escaped. */
const badEscapes = ['/%%32%65/admin', '/x/%%32%65%%32%65/admin', '/%%361dmin', '/%6%31dmin', '/%%36%31dmin']
