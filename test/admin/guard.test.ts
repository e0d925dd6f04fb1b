import { stat } from 'node:fs/promises'
import { connect } from 'node:net'
import { networkInterfaces } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { hostAccepted, isLoopback } from '../../src/admin/host-names.ts'
import { freePort } from '../support/free-port.ts'
import { send } from '../support/http.ts'
import { shop, testAdmin } from './fixture.ts'

const local = { host: '127.0.0.1:9900' }
const code = (body: string): string => (JSON.parse(body) as { errors: { code: string }[] }).errors[0]!.code

/** Sends raw bytes and gives everything that comes back. */
function raw(port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(text))
    let seen = ''
    socket.on('data', (chunk: Buffer) => (seen += chunk.toString()))
    // A server that refuses may reset the connection behind its reply.
    socket.on('error', (error) => (seen === '' ? reject(error) : resolve(seen)))
    socket.on('close', () => resolve(seen))
  })
}

describe('admin guard', () => {
  it('takes loopback and given names as Host, and no other', async () => {
    await using fixture = await testAdmin(shop, { hosts: ['Gateway.Internal'] })
    const status = async (host: string) => (await fixture.admin.app.inject({ url: '/health/live', headers: { host } })).statusCode
    for (const host of [
      'localhost',
      'LOCALHOST:1',
      'localhost.',
      '127.0.0.1',
      '127.9.9.9:80',
      '[::1]:9900',
      'gateway.internal',
      'gateway.internal:9900',
    ])
      expect(await status(host), host).toBe(200)
    const hostile = [
      'evil.example.com',
      'localhost.evil.com',
      '127.0.0.1.evil.com',
      'evil.com:9900',
      'localhost:9900@evil.com',
      'evil.com,localhost',
      'localhost evil.com',
      '10.0.0.1',
      '[::2]',
      '0.0.0.0',
      '127.0.0.1:99999999',
      '0x7f.1',
      '[::1',
    ]
    for (const host of hostile) {
      const reply = await fixture.admin.app.inject({ url: '/api/v1/config', headers: { host } })
      expect([host, reply.statusCode, code(reply.body)]).toEqual([host, 421, 'UNKNOWN_HOST'])
      expect(reply.body).not.toContain('orders')
    }
    expect(hostAccepted(undefined, new Set(), undefined)).toBe(false)
    expect(hostAccepted('10.1.2.3:9900', new Set(), '10.1.2.3')).toBe(true)
    expect(hostAccepted('10.1.2.3:9900', new Set(), '::ffff:10.1.2.3')).toBe(true)
  })

  it('answers unknown routes, wrong methods, huge URLs and bodies in the one shape', async () => {
    await using fixture = await testAdmin(shop)
    const { app } = fixture.admin
    const ask = async (method: 'GET' | 'POST' | 'DELETE' | 'OPTIONS' | 'HEAD', url: string, more: object = {}) => {
      const reply = await app.inject({ method, url, headers: local, ...more })
      return [reply.statusCode, reply.body === '' ? '' : code(reply.body)] as const
    }
    expect(await ask('GET', '/')).toEqual([404, 'NOT_FOUND'])
    expect(await ask('GET', '/api/v1/nothing')).toEqual([404, 'NOT_FOUND'])
    expect(await ask('GET', '/api/v1/../../etc/passwd')).toEqual([404, 'NOT_FOUND'])
    expect(await ask('POST', '/api/v1/status', { payload: { a: 1 } })).toEqual([405, 'METHOD_NOT_ALLOWED'])
    expect(await ask('DELETE', '/api/v1/config?x=1')).toEqual([405, 'METHOD_NOT_ALLOWED'])
    expect(await ask('OPTIONS', '/metrics')).toEqual([405, 'METHOD_NOT_ALLOWED'])
    expect(await ask('HEAD', '/health/live')).toEqual([200, ''])
    expect(await ask('GET', `/${'a'.repeat(5_000)}`)).toEqual([414, 'URL_TOO_LONG'])
    expect(await ask('GET', '/%zz')).toEqual([400, 'BAD_REQUEST'])
    expect(await ask('GET', '/health/live', { query: { a: 'x'.repeat(3_000) } })).toEqual([414, 'URL_TOO_LONG'])
  })

  it('does not tell what went wrong inside', async () => {
    const told: Error[] = []
    await using fixture = await testAdmin(shop, { onError: (error) => told.push(error) })
    fixture.source.fleet.proxies = () => {
      throw new Error('secret words of someone')
    }
    const reply = await fixture.admin.app.inject({ url: '/api/v1/status', headers: local })
    expect([reply.statusCode, code(reply.body)]).toEqual([500, 'INTERNAL'])
    expect(reply.body).not.toMatch(/secret words|someone|\.ts|stack/)
    expect(told).toHaveLength(1)
  })

  it('answers what is no HTTP in the same shape, over a real port', async () => {
    await using fixture = await testAdmin(shop)
    const port = Number(new URL(await fixture.admin.listen({ port: 0 })).port)
    const garbage = await raw(port, 'NONSENSE\r\n\r\n')
    expect(garbage).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/)
    expect(code(garbage.split('\r\n\r\n')[1] ?? '')).toBe('BAD_REQUEST')
    const huge = await raw(port, `GET /${'a'.repeat(40_000)} HTTP/1.1\r\nhost: localhost\r\n\r\n`)
    expect(huge).toMatch(/^HTTP\/1\.1 431 /)
    expect(code(huge.split('\r\n\r\n')[1] ?? '')).toBe('HEADERS_TOO_LARGE')
    const old = await raw(port, 'GET /health/live HTTP/1.0\r\n\r\n')
    expect(old).toMatch(/^HTTP\/1\.1 421 /)
    const body = await raw(port, `POST /metrics HTTP/1.1\r\nhost: localhost\r\ncontent-type: text/plain\r\ncontent-length: 999999\r\n\r\n`)
    expect(body).toMatch(/^HTTP\/1\.1 (?:405|413) /)
  })
})

describe('admin port', () => {
  it('is open on loopback only', async () => {
    await using fixture = await testAdmin(shop)
    const port = Number(new URL(await fixture.admin.listen({ port: 0 })).port)
    expect((await send(port, '/health/live')).status).toBe(200)
    expect(fixture.admin.app.addresses()).toMatchObject([{ address: '127.0.0.1' }])
    const others = Object.values(networkInterfaces())
      .flatMap((list) => list ?? [])
      .filter(({ internal, family, scopeid }) => !internal && (family === 'IPv4' || !scopeid))
    for (const { address } of others) {
      const answer = await new Promise<string>((resolve) => {
        const socket = connect(port, address, () => {
          socket.destroy()
          resolve('open')
        })
        socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? ''))
      })
      expect([address, answer]).not.toEqual([address, 'open'])
    }
  })

  it('refuses to leave loopback without TLS or consent', async () => {
    await using fixture = await testAdmin(shop)
    await using open = await testAdmin(shop, { insecure: true })
    for (const host of ['0.0.0.0', '::', '10.0.0.1', 'gateway.example.com', ''])
      await expect(fixture.admin.listen({ host, port: 0 }), host).rejects.toThrow(/open to the network.*--insecure/)
    const port = Number(new URL(await open.admin.listen({ host: '0.0.0.0', port: 0 })).port)
    expect((await send(port, '/health/live')).status).toBe(200)
    expect((await send(port, '/health/live', { headers: { host: 'rebound.example.com' } })).status).toBe(421)
    expect(isLoopback('127.0.0.1.example.com')).toBe(false)
  })

  it('names a port that is taken', async () => {
    await using first = await testAdmin(shop)
    await using second = await testAdmin(shop)
    const port = await freePort()
    await first.admin.listen({ port })
    await expect(second.admin.listen({ port })).rejects.toMatchObject({ code: 'EADDRINUSE' })
  })

  it('may be a unix socket that only its owner can use', async () => {
    await using fixture = await testAdmin(shop)
    const socket = join(fixture.source.dir, 'admin.sock')
    await fixture.admin.listen({ socket })
    expect((await stat(socket)).mode & 0o777).toBe(0o600)
    expect((await send(0, '/health/live', { socketPath: socket, headers: { host: 'anything' } })).status).toBe(200)
    await using second = await testAdmin(shop)
    await expect(second.admin.listen({ socket })).rejects.toMatchObject({ code: 'EADDRINUSE' })
  })
})
