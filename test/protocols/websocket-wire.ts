import { createServer, type Server } from 'node:http'
import { connect, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { until } from '../support/until.ts'

/** An upstream that accepts every upgrade and sends back each byte that it gets. */
export interface EchoSockets {
  readonly server: Server
  /** Sockets that were upgraded, oldest first. */
  readonly sockets: Duplex[]
  /** Headers of the handshakes. */
  readonly seen: Record<string, string | string[] | undefined>[]
}

export function echoSockets(): EchoSockets {
  const sockets: Duplex[] = []
  const seen: EchoSockets['seen'] = []
  const server = createServer((_request, response) => response.end('no websocket'))
  server.on('upgrade', (request, socket: Duplex, head: Buffer) => {
    seen.push(request.headers)
    sockets.push(socket)
    socket.write(
      'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n',
    )
    if (head.length > 0) socket.write(head)
    socket.on('error', () => socket.destroy()).pipe(socket)
  })
  return { server, sockets, seen }
}

/** The client's side of a connection that asked for a WebSocket: raw bytes, so that frames and fragments are exactly what is compared. */
export class RawSocket {
  readonly socket: Socket
  #chunks: Buffer[] = []
  #length = 0
  closed = false

  private constructor(socket: Socket) {
    this.socket = socket
    socket.on('data', (chunk) => {
      this.#chunks.push(chunk)
      this.#length += chunk.length
    })
    socket.on('error', () => (this.closed = true))
    socket.on('close', () => (this.closed = true))
    socket.on('end', () => (this.closed = true))
  }

  /** Sends the handshake, and `early` with it. */
  static open(port: number, path: string, headers: Readonly<Record<string, string>> = {}, early: Buffer = Buffer.alloc(0)): RawSocket {
    const all = {
      Host: 'localhost',
      Connection: 'Upgrade',
      Upgrade: 'websocket',
      'Sec-WebSocket-Version': '13',
      'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
      ...headers,
    }
    const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`)
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
    socket.write(Buffer.concat([Buffer.from(`GET ${path} HTTP/1.1\r\n${lines.join('')}\r\n`), early]))
    return new RawSocket(socket)
  }

  /** What has come so far, as one. */
  get #got(): Buffer {
    if (this.#chunks.length > 1) this.#chunks = [Buffer.concat(this.#chunks)]
    return this.#chunks[0] ?? Buffer.alloc(0)
  }

  /** Status of the answer, once its head is there. */
  async status(): Promise<number> {
    await until('the head of the answer', () => Promise.resolve(this.#got.includes('\r\n\r\n')))
    return Number(this.#got.subarray(9, 12).toString())
  }

  /** Head of the answer in lower case. */
  async head(): Promise<string> {
    await this.status()
    return this.#got.subarray(0, this.#got.indexOf('\r\n\r\n')).toString().toLowerCase()
  }

  /** The first bytes after the head, as many as asked for. */
  async bytes(count: number): Promise<Buffer> {
    await this.status()
    const begin = this.#got.indexOf('\r\n\r\n') + 4
    await until(`${count} bytes`, () => Promise.resolve(this.#length >= begin + count))
    return this.#got.subarray(begin, begin + count)
  }
}

/** A masked frame as clients send it. https://www.rfc-editor.org/rfc/rfc6455#section-5.2 */
export function frame(payload: Buffer, opcode: number, fin = true): Buffer {
  const mask = Buffer.from([1, 2, 3, 4])
  const size = payload.length
  const head =
    size < 126
      ? Buffer.from([(fin ? 0x80 : 0) | opcode, 0x80 | size])
      : size < 65_536
        ? Buffer.from([(fin ? 0x80 : 0) | opcode, 0x80 | 126, size >> 8, size & 255])
        : Buffer.concat([
            Buffer.from([(fin ? 0x80 : 0) | opcode, 0x80 | 127, 0, 0, 0, 0]),
            Buffer.from([size >>> 24, (size >>> 16) & 255, (size >>> 8) & 255, size & 255]),
          ])
  return Buffer.concat([head, mask, Buffer.from(payload.map((byte, index) => byte ^ (mask[index % 4] ?? 0)))])
}
