import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type BothEngines, startBoth } from '../support/both-engines.ts'
import type { EngineName } from '../support/engines.ts'
import { type Echo, type Seen, startEcho } from '../support/echo.ts'
import type { Reply } from '../support/http.ts'
import { seenAll } from '../support/chance.ts'
import { until } from '../support/until.ts'

let both: BothEngines
let echoes: readonly [Echo, Echo, Echo]
let other: Echo

beforeAll(async () => {
  echoes = [await startEcho('a'), await startEcho('b'), await startEcho('c')]
  other = await startEcho('other')
  const endpoints = `endpoints: [${echoes.map(({ port }) => `"127.0.0.1:${port}"`).join(', ')}]`
  const checked = `${endpoints}, healthCheck: {interval: 50ms, timeout: 5s, unhealthyAfter: 1, healthyAfter: 1}`
  both = await startBoth(
    (port) => `version: 1
listeners: {public: {port: ${port}, address: 127.0.0.1}}
services:
  s: {${checked}, sticky: {cookie: s, ttl: 1h, secure: true, sameSite: strict}}
  short: {${endpoints}, sticky: {cookie: short, ttl: 1s}}
  strict: {${checked}, sticky: {cookie: strict, strict: true, path: /strict}}
  hashed: {${endpoints}, balancing: {strategy: maglev, key: request.header.x-user}, sticky: hashed}
  other: {endpoints: ["127.0.0.1:${other.port}"], sticky: other}
  plain: {endpoints: ["127.0.0.1:${other.port}"]}
  dead: {endpoints: ["127.0.0.1:1", "127.0.0.1:${echoes[0].port}"], sticky: dead}
routes:
${['s', 'short', 'strict', 'hashed', 'other'].map((name) => `  ${name}: {match: {path: /${name}/*}, to: ${name}}`).join('\n')}
  beside: {match: {path: /beside}, to: strict}
  near: {match: {path: /strictly}, to: strict}
  split: {match: {path: /split}, to: [{service: s, weight: 1}, {service: other, weight: 1}]}
  half: {match: {path: /half}, to: [{service: plain, weight: 1}, {service: s, weight: 1}]}
  dead: {match: {path: /dead}, to: dead, retry: {attempts: 5, backoff: {initial: 1ms}}}
`,
  )
})
afterAll(async () => {
  await both[Symbol.asyncDispose]()
  await Promise.all([...echoes, other].map((echo) => echo.close()))
})
beforeEach(() => {
  for (const echo of echoes) echo.healthy = true
})

const ask = (engine: EngineName, path: string, cookie = '', more: Record<string, string> = {}): Promise<Reply> =>
  both.send(engine, path, { headers: { ...(cookie === '' ? {} : { cookie }), ...more } })

const instance = ({ status, body }: Reply): string => (status === 200 ? (JSON.parse(body) as Seen).instance : String(status))

/** The cookie of an answer as a browser sends it back. */
const cookieOf = (reply: Reply): string => reply.headers['set-cookie']?.map((text) => text.split(';')[0]).join('; ') ?? ''

const encoded = (address: string): string => Buffer.from(`\n${String.fromCharCode(address.length)}${address}`).toString('base64')

describe.each(['envoy', 'nginx'] as const)('on %s', (engine) => {
  it('keeps a client at the endpoint that answered it, and sets the cookie once', async () => {
    const used = new Set<string>()
    for (let client = 0; client < 8; client++) {
      const reply = await ask(engine, '/s/1')
      const cookie = cookieOf(reply)
      used.add(instance(reply))
      for (let n = 0; n < 4; n++) {
        const next = await ask(engine, '/s/2', `x=1; ${cookie}; y=2`)
        expect(instance(next)).toBe(instance(reply))
        expect(next.headers['set-cookie']).toBeUndefined()
      }
    }
    expect(used.size).toBeGreaterThan(1)
  })

  it('writes the cookie with every attribute', async () => {
    const [cookie, ...more] = (await ask(engine, '/s/1')).headers['set-cookie'] ?? []
    expect(more).toEqual([])
    expect(cookie).toMatch(/^s="[A-Za-z0-9+/]+=*"; Max-Age=3600; Path=\/; Secure; SameSite=Strict; HttpOnly$/)
    const session = await ask(engine, '/strict/1')
    expect(session.headers['set-cookie']?.[0]).toMatch(/^strict="[^"]+"; Path=\/strict; SameSite=Lax; HttpOnly$/)
    const echo = echoes.find(({ name }) => name === instance(session))
    expect(cookieOf(session)).toBe(`strict="${encoded(`127.0.0.1:${echo?.port}`)}"`)
  })

  it('is understood by the other engine', async () => {
    const otherEngine = engine === 'envoy' ? 'nginx' : 'envoy'
    for (let client = 0; client < 6; client++) {
      const reply = await ask(otherEngine, '/s/1')
      const here = await ask(engine, '/s/1', cookieOf(reply))
      expect(instance(here)).toBe(instance(reply))
      expect(here.headers['set-cookie']).toBeUndefined()
    }
  })

  it('stands beside cookies of the service', async () => {
    for (const echo of echoes) echo.headers = { 'set-cookie': 'own=1' }
    try {
      expect((await ask(engine, '/s/1')).headers['set-cookie']).toHaveLength(2)
    } finally {
      for (const echo of echoes) echo.headers = {}
    }
  })

  it('comes before the hash', async () => {
    const reply = await ask(engine, '/hashed/1', '', { 'x-user': 'u1' })
    const away = echoes.find(({ name }) => name !== instance(reply))
    expect(instance(await ask(engine, '/hashed/1', `hashed="${encoded(`127.0.0.1:${away?.port}`)}"`, { 'x-user': 'u1' }))).toBe(away?.name)
  })

  it('a cookie reaches no address that is no endpoint of the service', async () => {
    for (const address of [`127.0.0.1:${other.port}`, '127.0.0.1:1', '169.254.169.254:80', 'localhost:80', '', '[::1]:80', '\0', 'a'.repeat(90)]) {
      const reply = await ask(engine, '/s/1', `s="${encoded(address)}"`)
      expect(['a', 'b', 'c'], address).toContain(instance(reply))
      expect(cookieOf(reply), address).toMatch(/^s=/)
    }
    expect(other.seen).toEqual([])
  })

  it.each([
    '',
    '"',
    '""',
    '====',
    '!!',
    'Cg==',
    'Cv//////////fw==',
    'EP///////////wE=',
    Buffer.from('127.0.0.1').toString('base64'),
    'A'.repeat(4000),
  ])('a broken cookie counts as none (%#)', async (value) => {
    const reply = await ask(engine, '/s/1', `s=${value}`)
    expect(['a', 'b', 'c']).toContain(instance(reply))
    expect(cookieOf(reply)).toMatch(/^s=/)
  })

  it('a cookie that is over counts as none', async () => {
    const [, , c] = echoes
    const address = encoded(`127.0.0.1:${c.port}`)
    const raw = Buffer.from(address, 'base64')
    const past = Buffer.concat([raw, Buffer.from([16, 1])]).toString('base64')
    const names = new Set<string>()
    for (let n = 0; n < 12; n++) names.add(instance(await ask(engine, '/short/1', `short="${past}"`)))
    expect(names.size).toBeGreaterThan(1)
    for (let n = 0; n < 6; n++) expect(instance(await ask(engine, '/short/1', `short="${address}"`))).toBe('c')
  })

  it('another endpoint is chosen when that of the cookie is sick, and the cookie follows', async () => {
    const reply = await ask(engine, '/s/1')
    const home = echoes.find(({ name }) => name === instance(reply))
    if (!home) throw new Error('somebody answers')
    home.healthy = false
    const moved = await until('another one takes the client', async () => {
      const next = await ask(engine, '/s/1', cookieOf(reply))
      return instance(next) !== home.name && next
    })
    expect(cookieOf(moved)).toMatch(/^s=/)
    expect(instance(await ask(engine, '/s/1', cookieOf(moved)))).toBe(instance(moved))
  })

  it('strict answers 503 instead, and only to who has such a cookie', async () => {
    const reply = await ask(engine, '/strict/1')
    const home = echoes.find(({ name }) => name === instance(reply))
    if (!home) throw new Error('somebody answers')
    home.healthy = false
    await until('its endpoint is out', async () => (await ask(engine, '/strict/1', cookieOf(reply))).status === 503)
    await delay(100)
    expect((await ask(engine, '/strict/1', `strict="${encoded('10.9.9.9:80')}"`)).status).toBe(503)
    expect((await ask(engine, '/strict/1')).status).toBe(200)
    expect((await ask(engine, '/strict/1', 'strict=garbage')).status).toBe(200)
  })

  it('concerns only the path of the cookie', async () => {
    for (const path of ['/beside', '/strictly']) {
      const reply = await ask(engine, path, `strict="${encoded('10.9.9.9:80')}"`)
      expect(reply.status, path).toBe(200)
      expect(reply.headers['set-cookie'], path).toBeUndefined()
    }
  })

  it('a route with several services keeps a place in each', async () => {
    const homes: Record<string, string> = {}
    let cookies = ''
    for (let n = 0; n < 40; n++) {
      const reply = await ask(engine, '/split', cookies)
      const name = instance(reply)
      const service = name === 'other' ? 'other' : 's'
      if (homes[service] === undefined) cookies = [cookies, cookieOf(reply)].filter(Boolean).join('; ')
      else expect(reply.headers['set-cookie']).toBeUndefined()
      expect(homes[service] ?? name).toBe(name)
      homes[service] = name
    }
    expect(Object.keys(homes)).toHaveLength(2)
    other.seen.length = 0
  })

  it('a route of which only one service is sticky sets no cookie for the other', async () => {
    const half = async (): Promise<string> => {
      const reply = await ask(engine, '/half')
      expect(cookieOf(reply) === '', reply.body).toBe(instance(reply) === 'other')
      return instance(reply) === 'other' ? 'plain' : 's'
    }
    for (let n = 0; n < 20; n++) await half()
    await seenAll(['plain', 's'], half, 40)
    other.seen.length = 0
  })

  it('a retry elsewhere moves the client', async () => {
    const reply = await ask(engine, '/dead', `dead="${encoded('127.0.0.1:1')}"`)
    expect(instance(reply)).toBe('a')
    expect(cookieOf(reply)).toBe(`dead="${encoded(`127.0.0.1:${echoes[0].port}`)}"`)
  })
})
