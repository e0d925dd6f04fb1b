import { connect, createServer as createH2Server, type ClientHttp2Session, type ClientHttp2Stream, type Http2Server } from 'node:http2'
import { get, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { echoSockets, frame, RawSocket } from '../protocols/websocket-wire.ts'
import { until } from './until.ts'

/** A service whose answers do not end: WebSockets that echo, events every 20 ms, and gRPC streams that send back each message. */
export interface LongService {
  /** Listeners `public` and `secure`, and routes to all of it. */
  text(port: number, secure: number, more?: string): string
  /** Requests for `/slow` that have no answer yet. */
  slow(): number
  stop(): void
}

const cert = join(import.meta.dirname, '../../examples/certs/shop')

export async function startLongService(): Promise<LongService> {
  const { server } = echoSockets()
  server.removeAllListeners('request')
  let slow = 0
  server.on('request', (request, response) => {
    if (request.url === '/slow') slow++
    const answer = (): void => {
      if (request.url === '/slow') slow--
      response.end('ok')
    }
    if (request.url !== '/events') return void setTimeout(answer, request.url === '/slow' ? 500 : 0)
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    let count = 0
    const timer = setInterval(() => response.write(`data: ${count++}\n\n`), 20)
    response.on('close', () => clearInterval(timer)).on('error', () => clearInterval(timer))
  })
  const grpc = createH2Server().on('stream', (stream) => {
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true })
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' })).on('error', () => stream.destroy())
    stream.pipe(stream)
  })
  const [plain, framed] = [await listening(server), await listening(grpc)]
  return {
    text: (port, secure, more = '') => `version: 1
listeners:
  public: {port: ${port}}
  secure: {port: ${secure}, tls: {certificates: [{cert: ${cert}.pem, key: "secret://file/${cert}.key"}]}}
services:
  web: {endpoints: ["127.0.0.1:${plain}"]}
  calls: {endpoints: ["127.0.0.1:${framed}"], protocol: grpc}
routes:
  sockets: {match: {path: /sockets}, to: web, websocket: true, timeouts: {request: 0s, idle: 1h}}
  events: {match: {path: /events}, to: web, timeouts: {request: 0s, idle: 1h}}
  calls: {match: {path: /echo.Echo/*}, to: calls, timeouts: {request: 0s, idle: 1h}}
  short: {match: {path: /short}, to: web}
  slow: {match: {path: /slow}, to: web}
${more}`,
    slow: () => slow,
    stop: () => {
      server.closeAllConnections()
      server.close()
      grpc.close()
    },
  }
}

async function listening(server: Server | Http2Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  server.unref()
  return (server.address() as AddressInfo).port
}

/** One of each, open through a gateway. */
export interface LongStreams {
  /** Says something on each and waits for what must come; throws when one is broken, or an event was lost. */
  talk(): Promise<void>
  /** Which have ended. */
  ended(): readonly string[]
  close(): void
}

export async function openLongStreams(port: number, secure: number): Promise<LongStreams> {
  const socket = RawSocket.open(port, '/sockets')
  if ((await socket.status()) !== 101) throw new Error(`the WebSocket is refused: ${await socket.status()}`)
  const events = openEvents(port)
  const session = connect(`https://127.0.0.1:${secure}`, { rejectUnauthorized: false, servername: 'shop.example.com' })
  const call = openCall(session)
  let round = 0
  const talk = async (): Promise<void> => {
    const word = frame(Buffer.from('word'), 1)
    const [bytes, seen] = [call.bytes(), events.count()]
    socket.socket.write(word)
    call.send('message')
    round++
    await socket.bytes(word.length * round)
    await until('the call says it back', () => call.bytes() === bytes + 5 + 'message'.length)
    await until('more events', () => events.count() > seen + 1)
    if (!events.complete()) throw new Error('an event was lost')
  }
  await talk()
  return {
    talk,
    ended: () => [...(socket.closed ? ['WebSocket'] : []), ...(events.ended() ? ['events'] : []), ...(call.ended() ? ['call'] : [])],
    close: () => {
      socket.socket.destroy()
      events.close()
      session.destroy()
    },
  }
}

function openEvents(port: number) {
  let [text, over] = ['', false]
  const request = get({ port, host: '127.0.0.1', path: '/events', agent: false }, (response) => {
    response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
    response.on('close', () => (over = true)).on('error', () => (over = true))
  })
  request.on('error', () => (over = true))
  const numbers = (): number[] => [...text.matchAll(/^data: (\d+)\n\n/gm)].map(([, number]) => Number(number))
  return {
    count: () => numbers().length,
    complete: () => numbers().every((number, index) => number === index),
    ended: () => over,
    close: () => request.destroy(),
  }
}

function openCall(session: ClientHttp2Session) {
  let [received, over] = [0, false]
  const end = (): void => void (over = true)
  session.on('error', end).on('close', end)
  const stream: ClientHttp2Stream = session.request({
    ':method': 'POST',
    ':path': '/echo.Echo/Stream',
    'content-type': 'application/grpc',
    te: 'trailers',
  })
  stream
    .on('data', (chunk: Buffer) => (received += chunk.length))
    .on('error', end)
    .on('close', end)
  return {
    bytes: () => received,
    ended: () => over,
    send: (text: string) => stream.write(Buffer.concat([Buffer.from([0, 0, 0, 0, text.length]), Buffer.from(text)])),
  }
}
