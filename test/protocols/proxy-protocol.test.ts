import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Echo, type Seen, startEcho } from '../support/echo.ts'
import { send } from '../support/http.ts'
import { engineNames } from '../support/engines.ts'
import { type Running, startEngine } from './engines.ts'

let echo: Echo
beforeAll(async () => void (echo = await startEcho()))
afterAll(() => echo.close())

const request = 'GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n'

/** Everything that comes back for these bytes until the other side closes. */
function exchange(port: number, bytes: Buffer): Promise<string> {
  return new Promise((resolve) => {
    let got = ''
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes))
    socket.on('data', (chunk) => (got += chunk.toString()))
    socket.on('error', () => resolve(got))
    socket.on('close', () => resolve(got))
  })
}

/** A version 2 header for a TCP connection over IPv4. https://www.haproxy.org/download/3.2/doc/proxy-protocol.txt */
function version2(source: readonly number[], port: number): Buffer {
  const signature = Buffer.from('0d0a0d0a000d0a515549540a', 'hex')
  return Buffer.concat([signature, Buffer.from([0x21, 0x11, 0, 12, ...source, 10, 0, 0, 1, port >> 8, port & 255, 0x1f, 0x90])])
}

describe.each(engineNames)('the PROXY protocol on %s', (engine) => {
  let gateway: Running
  const through = async (head: string | Buffer): Promise<{ status: string; seen: Seen | undefined }> => {
    const got = await exchange(gateway.port('behind'), Buffer.concat([Buffer.from(head), Buffer.from(request)]))
    const body = /\{.*\}/s.exec(got)?.[0]
    return { status: got.slice(9, 12), seen: body === undefined ? undefined : (JSON.parse(body) as Seen) }
  }

  beforeAll(async () => {
    const text = `
version: 1
name: behind
listeners: {behind: {port: "\${BEHIND}", proxyProtocol: true}, open: {port: "\${OPEN}"}}
services: {echo: {endpoints: ["127.0.0.1:${echo.port}"]}}
routes: {all: {match: {path: /*}, to: echo}}
`
    gateway = await startEngine(engine, text, ['behind', 'open'])
  })
  afterAll(() => gateway.stop())

  it('names the client, in both versions and both families', async () => {
    const one = await through('PROXY TCP4 203.0.113.7 10.0.0.1 40000 8080\r\n')
    expect(one.status).toBe('200')
    expect(one.seen?.headers['x-forwarded-for']).toBe('203.0.113.7')
    const two = await through(version2([203, 0, 113, 9], 40_000))
    expect(two.status).toBe('200')
    expect(two.seen?.headers['x-forwarded-for']).toBe('203.0.113.9')
    const six = await through('PROXY TCP6 2001:db8::7 2001:db8::1 40000 8080\r\n')
    expect(six.seen?.headers['x-forwarded-for']).toBe('2001:db8::7')
  })

  it('counts more than what the client claims', async () => {
    const got = await exchange(
      gateway.port('behind'),
      Buffer.from(`PROXY TCP4 203.0.113.7 10.0.0.1 40000 8080\r\n${request.replace('\r\n', '\r\nX-Forwarded-For: 1.2.3.4\r\n')}`),
    )
    expect(got).toContain('"x-forwarded-for":"1.2.3.4,')
    expect(got).toMatch(/"x-forwarded-for":"1\.2\.3\.4, ?203\.0\.113\.7"/)
  })

  it('closes a connection without the header, or with a broken one', async () => {
    const before = echo.seen.length
    for (const head of [
      '',
      'PROXY TCP4 not-an-address 10.0.0.1 1 2\r\n',
      'PROXY TCP9 203.0.113.7 10.0.0.1 40000 8080\r\n',
      version2([1, 2, 3, 4], 5).subarray(0, 10),
    ]) {
      const { seen } = await through(head)
      expect(seen, String(head)).toBeUndefined()
    }
    expect(echo.seen.length).toBe(before)
  })

  it('is nothing but bad HTTP on another listener', async () => {
    const got = await exchange(gateway.port('open'), Buffer.from(`PROXY TCP4 203.0.113.7 10.0.0.1 40000 8080\r\n${request}`))
    expect(got.slice(9, 12)).toBe('400')
    expect((await send(gateway.port('open'), '/')).status).toBe(200)
  })
})
