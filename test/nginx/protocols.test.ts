import { request as httpRequest, createServer } from 'node:http'
import { connect as connectHttp2, createServer as createHttp2, type IncomingHttpHeaders } from 'node:http2'
import type { AddressInfo, Server } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { freePort } from '../support/free-port.ts'
import { compileText, startNginx, type TestNginx } from '../support/nginx.ts'
import { certificates } from '../xds/certificates.ts'
import { send } from '../support/http.ts'
import { until } from '../support/until.ts'

let nginx: TestNginx
let port: number
let secure: number
let upstream: Server
let grpc: ReturnType<typeof createHttp2>
let sendEvent: ((text: string) => void) | undefined

const listen = async (server: Server | ReturnType<typeof createHttp2>): Promise<number> => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}

beforeAll(async () => {
  upstream = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    sendEvent = (text) => void (text === '' ? response.end() : response.write(`data: ${text}\n\n`))
    sendEvent('first')
  }).on('upgrade', (request, socket) => {
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\nX-Seen: ${String(request.headers.upgrade)}\r\n\r\n`,
    )
    socket.on('data', (chunk: Buffer) => socket.write(chunk)).on('error', () => {})
  })
  grpc = createHttp2().on('stream', (stream, headers) => {
    stream.respond(
      { ':status': 200, 'content-type': 'application/grpc', 'x-path': headers[':path'], 'x-te': headers['te'] },
      { waitForTrailers: true },
    )
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0', 'grpc-message': 'fine' }))
    stream.pipe(stream)
  })
  const { server } = await certificates()
  ;[port, secure] = [await freePort(), await freePort()]
  const dead = await freePort()
  nginx = await startNginx(
    await compileText(
      `
version: 1
name: protocols
listeners:
  public: {port: ${port}}
  secure: {port: ${secure}, tls: {certificates: [{cert: own.pem, key: "secret://file/own.key"}]}}
services:
  http: {endpoints: ["127.0.0.1:${await listen(upstream)}"]}
  grpc: {endpoints: ["127.0.0.1:${await listen(grpc)}"], protocol: grpc}
  dead: {endpoints: ["127.0.0.1:${dead}"], protocol: grpc}
routes:
  http: {match: {path: /http/*}, to: http, websocket: true}
  grpc: {match: {path: /echo.Echo/*}, to: grpc}
  moved: {match: {path: /moved/*}, rewrite: {prefix: /echo.Echo}, to: grpc}
  dead: {match: {path: /dead.Dead/*}, to: dead}
`,
      { 'own.pem': server.cert, 'own.key': server.key },
    ),
  )
})
afterAll(async () => {
  await nginx.stop()
  upstream.close()
  grpc.close()
})

interface Call {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly trailers: IncomingHttpHeaders
  readonly body: string
}

function call(path: string, parts: readonly string[]): Promise<Call> {
  return new Promise((resolve, reject) => {
    const session = connectHttp2(`https://127.0.0.1:${secure}`, { rejectUnauthorized: false })
    session.once('error', reject)
    const stream = session.request({ ':method': 'POST', ':path': path, 'content-type': 'application/grpc', te: 'trailers' })
    let headers: IncomingHttpHeaders = {}
    let trailers: IncomingHttpHeaders = {}
    let body = ''
    stream.on('response', (got) => (headers = got))
    stream.on('trailers', (got: IncomingHttpHeaders) => (trailers = got))
    stream.setEncoding('latin1').on('data', (chunk: string) => (body += chunk))
    stream.once('error', reject)
    stream.once('close', () => {
      session.close()
      resolve({ status: Number(headers[':status']), headers, trailers, body })
    })
    for (const part of parts) stream.write(part)
    stream.end()
  })
}

describe('a real nginx', () => {
  it('passes WebSocket upgrades, and bytes both ways after them', async () => {
    const said = await new Promise<[unknown, string]>((resolve, reject) => {
      const headers = { connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13', 'sec-websocket-key': 'x' }
      const request = httpRequest({ host: '127.0.0.1', port, path: '/http/ws', headers })
      request.on('upgrade', (response, socket) => {
        socket.once('data', (chunk: Buffer) => {
          socket.destroy()
          resolve([response.headers['x-seen'], chunk.toString()])
        })
        socket.write('ping')
      })
      request.once('error', reject).end()
    })
    expect(said).toEqual(['websocket', 'ping'])
  })

  it('passes no other upgrade', async () => {
    const reply = send(port, '/http/h2c', {
      headers: { connection: 'Upgrade, HTTP2-Settings', upgrade: 'h2c', 'http2-settings': 'AAMAAABkAARAAAAAAAIAAAAA' },
    })
    sendEvent = undefined
    while (!sendEvent) await new Promise((resolve) => setTimeout(resolve, 5))
    ;(sendEvent as (text: string) => void)('')
    expect((await reply).status).toBe(200)
  })

  it('passes each event when it comes', async () => {
    const events: string[] = []
    sendEvent = undefined
    await new Promise<void>((resolve, reject) => {
      httpRequest({ host: '127.0.0.1', port, path: '/http/events' }, (response) => {
        response.setEncoding('utf8').on('data', (chunk: string) => {
          events.push(chunk)
          sendEvent?.(events.length === 3 ? '' : `after ${events.length}`)
        })
        response.once('end', resolve)
      })
        .once('error', reject)
        .end()
    })
    // Each one was sent only after the one before had arrived.
    expect(events).toEqual(['data: first\n\n', 'data: after 1\n\n', 'data: after 2\n\n'])
  })

  it('passes gRPC over HTTP/2 with its trailers', async () => {
    const body = ['\0\0\0\0\x02hi', '\0\0\0\0\x03you']
    expect(await call('/echo.Echo/Say', body)).toMatchObject({
      status: 200,
      headers: { 'x-path': '/echo.Echo/Say', 'x-te': 'trailers' },
      trailers: { 'grpc-status': '0', 'grpc-message': 'fine' },
      body: body.join(''),
    })
    expect((await call('/moved/Say', body)).headers['x-path']).toBe('/echo.Echo/Say')
    expect((await call('/x/../echo.Echo//Say', body)).headers['x-path']).toBe('/echo.Echo/Say')
  })

  it('answers gRPC in gRPC’s words when it has to answer itself', async () => {
    expect(await call('/dead.Dead/Say', [''])).toMatchObject({
      status: 200,
      headers: { 'grpc-status': '14', 'content-type': 'application/grpc' },
      body: '',
    })
    expect(await call('/none/Say', [''])).toMatchObject({ status: 200, headers: { 'grpc-status': '12' } })
  })

  it('leaves nothing behind', async () => {
    await until('all have ended', async () => (await nginx.status()).open === 0)
    expect(nginx.output()).not.toMatch(/lua|\[crit\]/)
  })
})
