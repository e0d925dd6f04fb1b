import { connect as connectHttp2 } from 'node:http2'
import { connect } from 'node:net'
import { beforeAll, describe, expect, it } from 'vitest'
import { match } from '../../src/model/match.ts'
import { entryName, rank } from '../../src/model/rank.ts'
import { joinedHeaders } from '../../src/model/header-values.ts'
import { startEcho } from '../support/echo.ts'
import { hostile } from '../support/hostile-paths.ts'
import { exchange, type RawReply, type RawRequest } from '../support/raw-http.ts'
import { seeded } from '../support/random.ts'
import { serveTables } from '../support/route-server.ts'
import { anyListener, matchOf, routeOf } from '../support/routes.ts'

const routes = [routeOf('admin', '/admin/*'), routeOf('rest', '/*'), routeOf('api', matchOf('/api/v1/{id}', { methods: ['GET'] }))]
const table = rank(routes, anyListener)
const conditions = [...joinedHeaders].filter((name) => name !== 'x-forwarded-for' && name !== 'expect')
const headerTable = rank(
  ['x-v', 'accept-language', 'cookie', 'x-api-key', ...conditions].flatMap((name) => [
    routeOf(`${name}.one`, matchOf(`/${name}/*`, { headers: [{ name, type: 'exact', value: '22' }] })),
    routeOf(`${name}.all`, matchOf(`/${name}/*`, { headers: [{ name, type: 'exact', value: '11,22' }] })),
  ]),
  anyListener,
)
const hostTable = rank(
  [routeOf('port', matchOf('/*', { headers: [{ name: 'host', type: 'exact', value: 'A.test:80' }] })), routeOf('rest', '/*')],
  anyListener,
)
const nothing = rank([], anyListener)

let socket: (name: string) => string
beforeAll(async () => {
  const echo = await startEcho()
  const list = { limit: Number.MAX_SAFE_INTEGER }
  const served = [
    { name: 'list', table, ...list },
    { name: 'matcher', table, limit: 0 },
    { name: 'headers', table: headerTable, ...list },
    { name: 'hosts', table: hostTable, ...list },
    { name: 'nothing', table: nothing, ...list },
  ]
  socket = (await serveTables(served, echo.port)).socket
})

const get = (path: string, more: Partial<RawRequest> = {}): RawRequest => ({ method: 'GET', path, host: 'gateway.test', headers: [], ...more })

/** The route and the path that the upstream sees, or the status. */
function outcome(reply: RawReply | undefined): string {
  if (reply?.status !== 200) return String(reply?.status)
  const { url } = JSON.parse(reply.body) as { url: string }
  return `${reply.route} ${url}`
}

function expected(from: typeof table, request: RawRequest): string {
  const matched = match(from, request)
  if (matched.type !== 'route') return matched.type === 'none' ? '404' : '400'
  return `${entryName(matched.entry)} ${matched.path}${matched.query === undefined ? '' : `?${matched.query}`}`
}

/** Outcomes over HTTP/2 without TLS. Envoy ends the stream, or the whole connection, for some requests: that counts as refused. */
async function overHttp2(paths: readonly string[]): Promise<string[]> {
  const open = () => connectHttp2('http://gateway.test', { createConnection: () => connect(socket('list')) }).on('error', () => {})
  const seen: string[] = []
  let session = open()
  for (const path of paths) {
    if (session.closed || session.destroyed) session = open()
    const stream = session.request({ ':path': path, ':authority': 'gateway.test' })
    let reply: RawReply = { status: 400, route: '', body: '' }
    stream.on('response', (headers) => (reply = { ...reply, status: Number(headers[':status']), route: String(headers['x-route']) }))
    stream.setEncoding('latin1').on('data', (chunk: string) => (reply = { ...reply, body: reply.body + chunk }))
    stream.on('error', () => (reply = { ...reply, status: 400 }))
    await new Promise<void>((resolve) => stream.once('close', resolve))
    seen.push(outcome(reply))
    if (reply.route === '') session.destroy()
  }
  session.destroy()
  return seen
}

describe('hostile requests on a real Envoy', () => {
  it.each(['list', 'matcher'])('are refused, or routed and forwarded as the model says (%s)', async (form) => {
    expect(hostile.length).toBeGreaterThan(60)
    const requests = hostile.map((path) => get(path))
    const replies = await exchange(socket(form), requests)
    const seen = requests.map((request, index) => [request.path, outcome(replies[index])])
    expect(seen).toEqual(requests.map((request) => [request.path, expected(table, request)]))
  })

  it('are decided alike over HTTP/2', async () => {
    const paths = hostile.filter((path) => path !== '' && !/[\x80-\xff]/.test(path))
    // Forty connections, because each request waits for some 40 ms on Node's side.
    const shares = Array.from({ length: 40 }, (_, share) => paths.filter((_path, index) => index % 40 === share))
    const seen = await Promise.all(shares.map(overHttp2))
    expect(seen).toEqual(shares.map((share) => share.map((path) => expected(table, get(path)))))
  })

  it('may have bytes over HTTP/2 that HTTP/1.1 refuses: they are forwarded escaped', async () => {
    const path = '/\u00e4/../\u00e4'
    expect(await overHttp2([path])).toEqual(['rest /%E4'])
    expect(outcome((await exchange(socket('list'), [get(path)]))[0])).toBe('400')
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
    const replies = await exchange(
      socket('list'),
      paths.map((path) => get(path)),
    )
    const wrong = paths.flatMap((path, index) =>
      outcome(replies[index]) === expected(table, get(path)) ? [] : [[path, outcome(replies[index]), expected(table, get(path))]],
    )
    expect(wrong).toEqual([])
    expect(replies.filter((reply) => reply.status === 200).length).toBeGreaterThan(1_000)
  })

  it('reach a protected prefix only through its route', async () => {
    const paths = hostile.filter((path) => /admin/i.test(path.replaceAll(/%61/g, 'a').replaceAll(/%41/g, 'A')))
    const replies = await exchange(
      socket('list'),
      paths.map((path) => get(path)),
    )
    const leaks = replies.map(outcome).filter((seen) => /^rest \/+admin(?:$|[/;?]|%20(?:$|[/?])|%[01])/.test(seen))
    expect(paths.length).toBeGreaterThan(60)
    expect(leaks).toEqual([])
  })

  it('with two Host headers get 400', async () => {
    const two = get('/x', { headers: [['host', 'other.test']] })
    const replies = await Promise.all(['list', 'matcher', 'nothing'].map((form) => exchange(socket(form), [two])))
    expect(replies.flat().map((reply) => reply.status)).toEqual([400, 400, 400])
  })

  it('get 404, or 400 from a guard, where there is no route at all', async () => {
    const replies = await exchange(socket('nothing'), [get('/'), get('/%zz'), get('/a;b'), get('/x/%2e%2e;/y')])
    expect(replies.map((reply) => reply.status)).toEqual([404, 400, 404, 400])
  })
})

describe('conditions on headers on a real Envoy', () => {
  it('see repeated headers apart, or joined for some names', async () => {
    const names = ['x-v', 'accept-language', 'cookie', 'x-api-key', ...conditions]
    const requests = names.map((name) =>
      get(`/${name}/`, {
        headers: [
          [name, '11'],
          [name, ''],
          [name, '22'],
        ],
      }),
    )
    const replies = await exchange(socket('headers'), requests)
    expect(replies.map((reply) => reply.route)).toEqual(names.map((name) => `${name}.${joinedHeaders.has(name) ? 'all' : 'one'}`))
    expect(requests.map((request) => expected(headerTable, request).split(' ')[0])).toEqual(replies.map((reply) => reply.route))
  })

  it('see the host with its port and without the last dot', async () => {
    const requests = ['A.test:80', 'a.test:80', 'A.test.:80', 'A.test'].map((host) => get('/', { host }))
    const replies = await exchange(socket('hosts'), requests)
    expect(replies.map((reply) => reply.route)).toEqual(['port', 'rest', 'port', 'rest'])
    expect(requests.map((request) => expected(hostTable, request).split(' ')[0])).toEqual(replies.map((reply) => reply.route))
  })
})
