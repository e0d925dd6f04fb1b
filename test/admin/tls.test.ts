import { get, type RequestOptions } from 'node:https'
import { expect, it } from 'vitest'
import { certificates } from '../xds/certificates.ts'
import { shop, testAdmin } from './fixture.ts'

/** Status of a GET over TLS, or the error code. */
function ask(port: number, options: RequestOptions): Promise<number | string> {
  return new Promise((resolve) => {
    const request = get({ host: '127.0.0.1', port, path: '/health/live', agent: false, ...options }, (response) => {
      response.resume()
      resolve(response.statusCode ?? 0)
    })
    request.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
  })
}

it('serves HTTPS beyond loopback, and only to known clients when told so', async () => {
  const { ca, server, client, stranger } = await certificates()
  await using fixture = await testAdmin(shop, { tls: { ...server, clientCa: ca } })
  const url = new URL(await fixture.admin.listen({ host: '0.0.0.0', port: 0 }))
  const port = Number(url.port)
  expect(url.protocol).toBe('https:')
  expect(await ask(port, { ca, ...client })).toBe(200)
  expect(await ask(port, { ca })).not.toBe(200)
  expect(await ask(port, { ca, ...stranger })).not.toBe(200)
  expect(await ask(port, { ca, ...client, maxVersion: 'TLSv1.1', minVersion: 'TLSv1' })).not.toBe(200)
})
