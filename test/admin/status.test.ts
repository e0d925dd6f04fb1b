import { describe, expect, it } from 'vitest'
import type { StatusView } from '../../src/admin/status-schema.ts'
import type { ProxyStatus } from '../../src/xds/status.ts'
import { shop, testAdmin } from './fixture.ts'

const local = { host: 'localhost' }

const proxy = (more: Partial<ProxyStatus> = {}): ProxyStatus => ({
  id: 'edge-1',
  cluster: 'shop',
  agent: 'envoy',
  version: '1.40.0',
  address: '127.0.0.1:40000',
  connectedSince: Date.UTC(2026, 0, 2, 3, 4, 5),
  types: { cluster: { subscribed: 'all', wanted: { resources: 2, publish: 3 }, sent: 2, accepted: 2 } },
  rejected: [],
  waiting: [],
  suppressed: 0,
  staleNonces: 0,
  ...more,
})

describe('/api/v1/status', () => {
  it('tells what each proxy wants, was sent, has accepted and refuses', async () => {
    await using fixture = await testAdmin(shop)
    const behind = { cluster: { subscribed: 7, wanted: { resources: 2, publish: 3 }, sent: 2, accepted: 1 } } as const
    const rejection = {
      type: 'cluster',
      name: 'orders',
      owner: 'service/orders',
      version: 'v2',
      message: 'no',
      since: Date.UTC(2026, 0, 1),
      heldAt: 'v1',
    } as const
    fixture.source.proxies = [
      proxy(),
      proxy({ id: 'edge-2', types: behind, waiting: ['not warm: orders'] }),
      proxy({ id: 'edge-3', rejected: [rejection] }),
    ]
    const reply = await fixture.admin.app.inject({ url: '/api/v1/status', headers: local })
    const { attributes } = reply.json<{ data: { attributes: StatusView } }>().data
    expect(attributes.proxies.map(({ id, state }) => [id, state])).toEqual([
      ['edge-1', 'current'],
      ['edge-2', 'updating'],
      ['edge-3', 'rejected'],
    ])
    expect(attributes.proxies[0]).toEqual({
      id: 'edge-1',
      cluster: 'shop',
      agent: 'envoy',
      version: '1.40.0',
      address: '127.0.0.1:40000',
      connectedSince: '2026-01-02T03:04:05.000Z',
      state: 'current',
      types: { cluster: { subscribed: 'all', wanted: 2, publish: 3, sent: 2, accepted: 2 } },
      rejected: [],
      waiting: [],
      suppressed: 0,
      staleNonces: 0,
    })
    expect(attributes.proxies[1]).toMatchObject({ types: { cluster: { subscribed: 7, accepted: 1 } }, waiting: ['not warm: orders'] })
    expect(attributes.proxies[2]?.rejected).toMatchObject([
      {
        type: 'cluster',
        name: 'orders',
        version: 'v2',
        heldAt: 'v1',
        since: '2026-01-01T00:00:00.000Z',
        message: 'no',
        culprits: [{ node: 'service/orders' }],
      },
    ])
    const detail = await fixture.admin.app.inject({ url: '/health/detailed', headers: local })
    expect(detail.json()).toMatchObject({
      data: { attributes: { proxies: [{ id: 'edge-1' }, { waiting: ['not warm: orders'] }, { state: 'rejected' }] } },
    })
  })

  it('shows what a proxy says of itself without letting it steer a terminal', async () => {
    await using fixture = await testAdmin(shop)
    fixture.source.proxies = [proxy({ id: 'a\u001b[2Jb', agent: '<script>\u202e' })]
    const reply = await fixture.admin.app.inject({ url: '/api/v1/status', headers: local })
    const { attributes } = reply.json<{ data: { attributes: StatusView } }>().data
    expect(attributes.proxies[0]).toMatchObject({ id: 'a\\u{1b}[2Jb', agent: '<script>\\u{202e}' })
    expect(reply.headers['content-type']).toBe('application/json; charset=utf-8')
  })

  it('tells which endpoints the supervised proxy finds sick, asking it only when somebody looks', async () => {
    const sick = { service: 'orders', address: '127.0.0.1:9001', reason: 'failed health check' }
    let answer: () => Promise<(typeof sick)[]> = () => Promise.resolve([sick])
    let asked = 0
    const sickEndpoints = () => {
      asked++
      return answer()
    }
    await using fixture = await testAdmin(shop, { engine: () => ({ state: 'running', detail: 'pid 7', sickEndpoints }) })
    const look = async (url: string): Promise<unknown> => {
      const reply = await fixture.admin.app.inject({ url, headers: local })
      return reply.json<{ data: { attributes: { engine?: unknown } } }>().data.attributes.engine
    }
    expect(await look('/health/detailed')).toEqual({ state: 'running', detail: 'pid 7' })
    expect(asked).toBe(0)
    expect(await look('/api/v1/status')).toEqual({ state: 'running', detail: 'pid 7', sickEndpoints: [sick] })
    answer = () => Promise.resolve([])
    expect(await look('/api/v1/status')).toMatchObject({ sickEndpoints: [] })
    answer = () => Promise.reject(new Error('ENOENT'))
    expect(await look('/api/v1/status')).toEqual({ state: 'running', detail: 'pid 7', sickEndpoints: 'unknown' })
    expect(asked).toBe(3)
    await using without = await testAdmin(shop)
    const reply = await without.admin.app.inject({ url: '/api/v1/status', headers: local })
    expect(reply.json<{ data: { attributes: object } }>().data.attributes).not.toHaveProperty('engine')
  })

  it('lets others have their turn while it looks at many proxies', async () => {
    await using fixture = await testAdmin(shop)
    let looked = 0
    fixture.source.fleet.proxies = function* () {
      for (let index = 0; index < 20; index++) {
        for (const end = performance.now() + 5; performance.now() < end;);
        looked++
        yield proxy({ id: `edge-${index}` })
      }
    }
    // The proxies that had been looked at when somebody else had a turn.
    const turnsBetween = new Set<number>()
    let looking = true
    const count = (): void => {
      if (!looking) return
      turnsBetween.add(looked)
      setImmediate(count)
    }
    setImmediate(count)
    await fixture.admin.app.inject({ url: '/api/v1/status', headers: local })
    looking = false
    expect(turnsBetween.size).toBeGreaterThan(5)
  })
})
