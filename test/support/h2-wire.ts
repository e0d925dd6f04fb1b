import { connect, type TLSSocket } from 'node:tls'

/** Types of HTTP/2 frames. https://www.rfc-editor.org/rfc/rfc9113#section-6 */
export const frameType = { data: 0, headers: 1, priority: 2, reset: 3, settings: 4, ping: 6, goAway: 7, windowUpdate: 8, continuation: 9 } as const
export const flag = { endStream: 1, ack: 1, endHeaders: 4 } as const

export function frame(type: number, flags: number, stream: number, payload: Uint8Array = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(9)
  head.writeUIntBE(payload.length, 0, 3)
  head.writeUInt8(type, 3)
  head.writeUInt8(flags, 4)
  head.writeUInt32BE(stream, 5)
  return Buffer.concat([head, payload])
}

/** A header as HPACK writes it without any table. https://www.rfc-editor.org/rfc/rfc7541#section-6.2.2 */
export function literal(name: string, value: string): Buffer {
  return Buffer.concat([Buffer.from([0]), text(name), text(value)])
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value, 'latin1')
  return Buffer.concat([integer(bytes.length, 7), bytes])
}

/** An integer with a prefix of `bits` bits. https://www.rfc-editor.org/rfc/rfc7541#section-5.1 */
function integer(value: number, bits: number): Buffer {
  const most = 2 ** bits - 1
  if (value < most) return Buffer.from([value])
  const out = [most]
  let rest = value - most
  for (; rest >= 128; rest = Math.floor(rest / 128)) out.push((rest % 128) | 128)
  return Buffer.from([...out, rest])
}

/** A header that is put into the decoder's table. https://www.rfc-editor.org/rfc/rfc7541#section-6.2.1 */
export function indexed(name: string, value: string): Buffer {
  return Buffer.concat([Buffer.from([0x40]), text(name), text(value)])
}

/** The pseudo headers of a GET, and more. */
export function request(path: string, ...more: Buffer[]): Buffer {
  return Buffer.concat([
    ...[literal(':method', 'GET'), literal(':scheme', 'https'), literal(':authority', 'a.test'), literal(':path', path)],
    ...more,
  ])
}

/** A connection that speaks HTTP/2 as bytes. */
export class H2Wire {
  readonly socket: TLSSocket
  /** The server closed the connection, or said that it takes nothing more. */
  over = false
  /** It answered a stream, or reset one. */
  heard = false
  #rest: Buffer = Buffer.alloc(0)

  private constructor(socket: TLSSocket) {
    this.socket = socket
    socket.on('error', () => (this.over = true)).on('close', () => (this.over = true))
    socket.on('data', (chunk: Buffer) => this.#take(chunk))
  }

  /** `reads`: whether it looks at what the server sends; one that does not lets the server's buffers fill. */
  static async open(port: number, reads = true): Promise<H2Wire> {
    const socket = connect({ port, host: '127.0.0.1', ALPNProtocols: ['h2'], rejectUnauthorized: false, servername: 'shop.example.com' })
    await new Promise<void>((resolve, reject) => socket.once('secureConnect', resolve).once('error', reject))
    const wire = new H2Wire(socket)
    if (!reads) socket.pause()
    socket.write(Buffer.concat([Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), frame(frameType.settings, 0, 0)]))
    return wire
  }

  /** Writes, and waits while the kernel takes no more. False when the connection is over, or the server takes nothing for `stallMs`. */
  async write(bytes: Buffer, stallMs = 500): Promise<boolean> {
    if (this.over || this.socket.destroyed) return false
    if (this.socket.write(bytes)) return new Promise((resolve) => setImmediate(() => resolve(!this.over)))
    return new Promise((resolve) => {
      const done = (goesOn: boolean) => () => {
        clearTimeout(late)
        this.socket.off('drain', drained).off('close', ended)
        resolve(goesOn)
      }
      const [drained, ended] = [done(true), done(false)]
      const late = setTimeout(ended, stallMs)
      this.socket.once('drain', drained).once('close', ended)
    })
  }

  #take(chunk: Buffer): void {
    this.#rest = Buffer.concat([this.#rest, chunk])
    for (let size = this.#size(); size !== undefined; size = this.#size()) {
      if (this.#rest[3] === frameType.goAway) this.over = true
      if (this.#rest[3] === frameType.headers || this.#rest[3] === frameType.reset) this.heard = true
      this.#rest = this.#rest.subarray(size)
    }
  }

  /** Length of the first frame when all of it is there. */
  #size(): number | undefined {
    const size = this.#rest.length >= 9 ? 9 + this.#rest.readUIntBE(0, 3) : Infinity
    return this.#rest.length >= size ? size : undefined
  }
}
