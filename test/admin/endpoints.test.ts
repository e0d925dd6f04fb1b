import { Validator } from '@seriousme/openapi-schema-validator'
import { describe, expect, it } from 'vitest'
import { shop, testAdmin } from './fixture.ts'

const local = { host: 'localhost:9900' }
const pages = [
  '/health/live',
  '/health/ready',
  '/health/detailed',
  '/metrics',
  '/api/v1/status',
  '/api/v1/config',
  '/api/v1/config/findings',
  '/openapi.json',
]
const broken = shop.replace('to: orders', 'to: nothing')

describe('admin endpoints', () => {
  it('answer 200 with the shape data, meta, links, and with closing headers', async () => {
    await using fixture = await testAdmin(shop)
    for (const url of pages) {
      const reply = await fixture.admin.app.inject({ url, headers: local })
      expect(reply.statusCode, url).toBe(200)
      expect(reply.headers).toMatchObject({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff', 'x-frame-options': 'DENY' })
      expect(reply.headers['access-control-allow-origin']).toBeUndefined()
      if (url === '/metrics' || url === '/openapi.json') continue
      const body: { links: { self: string }; meta: { requestId: string; timestamp: string }; data: object } = reply.json()
      expect(Object.keys(body).sort()).toEqual(['data', 'links', 'meta'])
      expect(body.links.self).toBe(url)
      expect(body.meta.requestId).toMatch(/^req_/)
      expect(body.data).toHaveProperty('attributes')
    }
  })

  it('describe themselves in a valid OpenAPI document with every page', async () => {
    await using fixture = await testAdmin(shop)
    const document: { paths: Record<string, { get: { responses: object } }> } = (
      await fixture.admin.app.inject({ url: '/openapi.json', headers: local })
    ).json()
    const result = await new Validator().validate(document)
    expect(result.errors).toBeUndefined()
    expect(result.valid).toBe(true)
    expect(Object.keys(document.paths).sort()).toEqual([...pages.filter((page) => page !== '/openapi.json'), '/metrics/proxy'].sort())
    expect(document.paths['/health/ready']?.get.responses).toHaveProperty('503')
  })

  it('say that no proxy runs here, that it does not answer, or what it counts', async () => {
    const ask = async (metrics?: () => AsyncIterable<string>) => {
      await using fixture = await testAdmin(shop, { engine: () => ({ state: 'running', ...(metrics && { metrics }) }) })
      const { statusCode, body } = await fixture.admin.app.inject({ url: '/metrics/proxy', headers: local })
      return [statusCode, body.startsWith('{') ? (JSON.parse(body) as { errors: { code: string }[] }).errors[0]?.code : body]
    }
    expect(await ask()).toEqual([404, 'NO_PROXY'])
    expect(
      await ask(async function* () {
        yield* ['a 1\n', 'b 2\n']
      }),
    ).toEqual([200, 'a 1\nb 2\n'])
    expect(await ask(() => ({ [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(new Error('gone')) }) }))).toEqual([503, 'PROXY_SILENT'])
  })

  it('say where the files stand: current, last good, nothing', async () => {
    await using fixture = await testAdmin(shop)
    const { app } = fixture.admin
    const ready = () => app.inject({ url: '/health/ready', headers: local })
    expect((await ready()).json()).toMatchObject({ data: { attributes: { status: 'ready', reasons: [] } } })
    await fixture.source.write(broken)
    const degraded = await ready()
    expect(degraded.statusCode).toBe(200)
    expect(degraded.json()).toMatchObject({
      data: { attributes: { status: 'degraded', reasons: ['serving the last good configuration: the files have 1 error'] } },
    })
    const detail = await app.inject({ url: '/health/detailed', headers: local })
    const line = broken.split('\n').findIndex((text) => text.includes('to: nothing')) + 1
    expect(detail.json()).toMatchObject({
      data: {
        attributes: { status: 'degraded', config: { state: 'last-good', errors: [{ code: 'route/unknown-service', range: { start: { line } } }] } },
      },
    })
    await using empty = await testAdmin(broken)
    const none = await empty.admin.app.inject({ url: '/health/ready', headers: local })
    expect(none.statusCode).toBe(503)
    expect(none.json()).toMatchObject({
      errors: [{ status: '503', code: 'NOT_READY', detail: 'no configuration is published: the files have 1 error' }],
    })
    expect((await empty.admin.app.inject({ url: '/api/v1/config', headers: local })).statusCode).toBe(404)
  })

  it('wait for the supervised proxy', async () => {
    let accepted = false
    await using fixture = await testAdmin(shop, { ready: () => accepted, engine: () => ({ state: 'starting' }) })
    const ready = () => fixture.admin.app.inject({ url: '/health/ready', headers: local })
    expect((await ready()).json()).toMatchObject({ errors: [{ detail: 'the proxy has not accepted the configuration yet' }] })
    accepted = true
    expect((await ready()).statusCode).toBe(200)
    const detail = await fixture.admin.app.inject({ url: '/health/detailed', headers: local })
    expect(detail.json()).toMatchObject({ data: { attributes: { engine: { state: 'starting' } } } })
  })

  it('are not ready when the proxy does not answer or fails, and keep the reason of the failure inside', async () => {
    const told: Error[] = []
    await using silent = await testAdmin(shop, { ready: () => new Promise(() => undefined) })
    await using failing = await testAdmin(shop, {
      ready: () => Promise.reject(new Error('inner words')),
      onError: (error) => told.push(error),
    })
    const a = await silent.admin.app.inject({ url: '/health/ready', headers: local })
    const b = await failing.admin.app.inject({ url: '/health/ready', headers: local })
    expect([a.statusCode, b.statusCode]).toEqual([503, 503])
    expect(b.body).not.toContain('inner words')
    expect(told.map(({ message }) => message)).toEqual(['inner words'])
  })
})
