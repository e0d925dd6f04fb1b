import { describe, expect, it } from 'vitest'
import { redact } from '../../src/admin/redact.ts'
import { shop, testAdmin } from './fixture.ts'

const local = { host: 'localhost' }

interface Reply {
  data: {
    id: string
    attributes: {
      config: { state: string; version: string; since: string }
      services: Record<string, unknown>
      routes: Record<string, { policies: Record<string, unknown> }>
      files: Record<string, string>
      resources: Record<string, string>
    }
  }
}

describe('/api/v1/config', () => {
  it('shows the merged model, the files and the versions', async () => {
    await using fixture = await testAdmin(shop)
    const body: Reply = (await fixture.admin.app.inject({ url: '/api/v1/config', headers: local })).json()
    const { config, services, routes, files, resources } = body.data.attributes
    expect(config.state).toBe('serving')
    expect(body.data.id).toBe(config.version)
    expect(Object.keys(services)).toEqual(['billing', 'orders'])
    expect(routes.orders).toMatchObject({
      kind: 'route',
      match: [{ path: { type: 'prefix', path: '/orders' } }],
      action: { type: 'forward', targets: [{ service: 'orders' }] },
    })
    expect(Object.values(files)).toEqual([...fixture.source.last.compiled.files.values()].map(({ hash }) => hash))
    expect(resources['cluster/orders']).toBe(fixture.source.good?.resources.get('cluster/orders')?.version)
  })

  it('has the same version for the same content, another for another', async () => {
    await using one = await testAdmin(shop)
    await using two = await testAdmin(`# moved\n${shop}`)
    await using other = await testAdmin(shop.replace('/orders/*', '/o/*'))
    const version = async ({ admin }: typeof one): Promise<string> => {
      const body: Reply = (await admin.app.inject({ url: '/api/v1/config', headers: local })).json()
      return body.data.id
    }
    expect(await version(two)).toBe(await version(one))
    expect(await version(other)).not.toBe(await version(one))
  })

  it('never shows a secret that somebody wrote out or passed in', async () => {
    const text = shop.replace(
      '    to: orders\n',
      '    to: orders\n    headers: {request: {set: {authorization: "Bearer abc123secret", x-api-key: "k-abc123secret", x-plain: shown, x-link: "https://user:abc123secret@host/a"}}}\n',
    )
    await using fixture = await testAdmin(text)
    const reply = await fixture.admin.app.inject({ url: '/api/v1/config', headers: local })
    expect(reply.statusCode).toBe(200)
    expect(reply.body).not.toContain('abc123secret')
    const body: Reply = reply.json()
    const { routes } = body.data.attributes
    expect(routes.orders?.policies.headers).toMatchObject({
      request: { set: { authorization: '[redacted]', 'x-api-key': '[redacted]', 'x-plain': 'shown', 'x-link': 'https://[redacted]@host/a' } },
    })
  })
})

describe('redact', () => {
  it('keeps references and plain keys, hides the rest', () => {
    expect(
      redact({
        tls: {
          certificates: [
            { cert: 'file:/etc/a.pem', key: 'file:/etc/a.key' },
            { cert: 'file:/b', key: 'env:B_KEY' },
          ],
        },
        balancing: { key: 'request.header.x-user' },
        password: 'p',
        headers: [
          { name: 'x-api-key', type: 'exact', value: 'k' },
          { name: 'x-beta', type: 'exact', value: 'yes' },
          { name: 'cookie', type: 'present', value: true },
        ],
        tokens: ['a', 'secret://env/TOKEN'],
        nested: { client_secret: 's', count: 3, none: null, on: true },
        pem: '-----BEGIN EC PRIVATE KEY-----\nx',
        text: 'basic dXNlcjpwdw==',
      }),
    ).toEqual({
      tls: {
        certificates: [
          { cert: 'file:/etc/a.pem', key: 'file:/etc/a.key' },
          { cert: 'file:/b', key: 'env:B_KEY' },
        ],
      },
      balancing: { key: 'request.header.x-user' },
      password: '[redacted]',
      headers: [
        { name: 'x-api-key', type: 'exact', value: '[redacted]' },
        { name: 'x-beta', type: 'exact', value: 'yes' },
        { name: 'cookie', type: 'present', value: true },
      ],
      tokens: ['[redacted]', 'secret://env/TOKEN'],
      nested: { client_secret: '[redacted]', count: 3, none: null, on: true },
      pem: '[redacted]',
      text: '[redacted]',
    })
  })
})
