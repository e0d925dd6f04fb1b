import { createServer, type IncomingHttpHeaders } from 'node:http'
import { createServer as createHttp2 } from 'node:http2'
import { type AddressInfo, createServer as createTcp, type Server } from 'node:net'

/** A backend whose health is asked for in one of the ways that health checks know. */
export interface Probed {
  readonly port: number
  well: boolean
  /** Questions so far. */
  asked: number
  /** Requests that were no question. */
  served: number
  /** Headers of the last question, where there are any. */
  headers: IncomingHttpHeaders
  close(): void
}

/** Answers `/health` with a text in two chunks, and anything else with 200. */
export async function probedHttp(): Promise<Probed> {
  const server = createServer((request, response) => {
    if (request.url !== '/health') {
      probed.served++
      response.end('ok')
      return
    }
    probed.asked++
    probed.headers = request.headers
    response.write('x'.repeat(3_000))
    response.end(probed.well ? '"status":"ok"' : '"status":"bad"')
  })
  server.keepAliveTimeout = 0
  const probed = record(server)
  await listen(server, probed)
  return probed
}

/** Says PONG to PING, or nothing at all when it is sick; its own answers to HTTP are 200. */
export async function probedTcp(): Promise<Probed> {
  const server = createTcp((socket) => {
    socket.on('error', () => {})
    socket.on('data', (data) => {
      const text = data.toString('latin1')
      if (text.startsWith('PING')) {
        probed.asked++
        if (probed.well) socket.write('+PO')
        if (probed.well) setTimeout(() => socket.write('NG\r\n'), 5)
      } else {
        probed.served++
        socket.end('HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok')
      }
    })
  })
  const probed = record(server)
  await listen(server, probed)
  return probed
}

/** The gRPC health protocol: SERVING (1) or NOT_SERVING (2). Other calls end with the status `code`. https://github.com/grpc/grpc/blob/master/doc/health-checking.md */
export async function probedGrpc(): Promise<Probed & { service: string; code: number }> {
  const server = createHttp2()
  server.on('stream', (stream, headers) => {
    const question = headers[':path'] === '/grpc.health.v1.Health/Check'
    if (question) probed.asked++
    else probed.served++
    const chunks: Buffer[] = []
    stream.on('error', () => {})
    stream.on('data', (chunk: Buffer) => chunks.push(chunk))
    stream.on('end', () => {
      // Five bytes of frame, then field 1: the length of a text, and the text.
      if (question) probed.service = Buffer.concat(chunks).subarray(7).toString()
      if (!question && probed.code !== 0) {
        stream.respond({ ':status': 200, 'content-type': 'application/grpc', 'grpc-status': String(probed.code) }, { endStream: true })
        return
      }
      stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true })
      stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }))
      stream.end(Buffer.from([0, 0, 0, 0, 2, 8, probed.well ? 1 : 2]))
    })
  })
  const probed = Object.assign(record(server), { service: '', code: 0 })
  await listen(server, probed)
  return probed
}

function record(server: Server): Probed & { port: number } {
  return { port: 0, well: true, asked: 0, served: 0, headers: {}, close: () => void server.close() }
}

async function listen(server: Server, probed: { port: number }): Promise<void> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  server.unref()
  probed.port = (server.address() as AddressInfo).port
}
