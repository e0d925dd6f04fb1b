import { connect } from 'node:net'

/** A request as bytes on the wire: nothing is checked, normalised or added. It has no body: no `content-length` either, after which Envoy would wait a second before it closes. */
export interface RawRequest {
  readonly method: string
  readonly path: string
  readonly host: string
  readonly headers: readonly (readonly [name: string, value: string])[]
}

export interface RawReply {
  /** Name of the route that answered, from the header `x-route`; empty when none did. */
  readonly route: string
  readonly status: number
  readonly body: string
}

/** Sends requests pipelined over keep-alive connections to a unix socket, on a new one after the server closes; replies in the order of the requests. */
export async function pipeline(socketPath: string, requests: readonly RawRequest[], window = 64): Promise<RawReply[]> {
  const replies: RawReply[] = []
  while (replies.length < requests.length) {
    const before = replies.length
    await connection(socketPath, requests, window, replies)
    if (replies.length === before) throw new Error(`the server closed without a reply to ${JSON.stringify(requests[before])}`)
  }
  return replies
}

function connection(socketPath: string, requests: readonly RawRequest[], window: number, replies: RawReply[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(socketPath)
    let sent = replies.length
    let buffer = ''
    const fill = (): void => {
      const next = requests.slice(sent, replies.length + window)
      sent += next.length
      if (next.length > 0) socket.write(next.map(bytes).join(''), 'latin1')
    }
    const closed = (): void => resolve(void socket.destroy())
    socket.setEncoding('latin1')
    socket.setTimeout(10_000, () => reject(new Error(`no reply within 10 s to ${JSON.stringify(requests[replies.length])}`)))
    socket.on('connect', fill)
    socket.on('error', () => closed())
    socket.on('close', closed)
    socket.on('data', (chunk: string) => {
      buffer += chunk
      for (let reply = first(buffer, requests[replies.length]?.method); reply; reply = first(buffer, requests[replies.length]?.method)) {
        buffer = buffer.slice(reply.length)
        replies.push(reply)
        if (reply.close || replies.length === requests.length) return closed()
      }
      if (sent - replies.length < window / 2) fill()
    })
  })
}

function bytes({ method, path, host, headers }: RawRequest): string {
  return `${method} ${path} HTTP/1.1\r\nhost: ${host}\r\n${headers.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`
}

/** The first complete reply of a buffer, with its length and whether the connection ends with it. */
function first(buffer: string, method: string | undefined): (RawReply & { length: number; close: boolean }) | undefined {
  const end = buffer.indexOf('\r\n\r\n')
  if (end === -1) return undefined
  const head = buffer.slice(0, end)
  const chunked = /\r\ntransfer-encoding: chunked/i.test(head)
  const size = Number(/\r\ncontent-length: (\d+)/i.exec(head)?.[1] ?? 0)
  const body = method === 'HEAD' ? { text: '', end: end + 4 } : chunked ? chunks(buffer, end + 4) : plain(buffer, end + 4, size)
  if (!body) return undefined
  const route = /\r\nx-route: ([^\r]*)/i.exec(head)?.[1] ?? ''
  return { status: Number(head.slice(9, 12)), route, body: body.text, length: body.end, close: /\r\nconnection: close/i.test(head) }
}

function plain(buffer: string, start: number, size: number): { text: string; end: number } | undefined {
  return buffer.length < start + size ? undefined : { text: buffer.slice(start, start + size), end: start + size }
}

function chunks(buffer: string, start: number): { text: string; end: number } | undefined {
  let text = ''
  for (let at = start; ;) {
    const line = buffer.indexOf('\r\n', at)
    const size = parseInt(buffer.slice(at, line), 16)
    const next = line + 2 + size + 2
    if (line === -1 || buffer.length < next) return undefined
    if (size === 0) return { text, end: next }
    text += buffer.slice(line + 2, line + 2 + size)
    at = next
  }
}
