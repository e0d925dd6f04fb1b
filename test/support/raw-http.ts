import { connect, type Socket } from 'node:net'

/** A request as bytes on the wire: nothing is checked, normalised or added. It has no body. */
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

/**
 * Sends requests to a unix socket, or to a port of 127.0.0.1, over a few keep-alive connections, each with one request at a time (Envoy closes a connection that pipelines
 * requests for direct responses), and opens a new connection after the server closes one. Replies are in the order of the requests.
 */
export async function exchange(socketPath: string | number, requests: readonly RawRequest[], lanes = 8): Promise<RawReply[]> {
  const replies: RawReply[] = []
  let next = 0
  const lane = async (): Promise<void> => {
    for (let line = await open(socketPath); next < requests.length;) {
      const index = next++
      const request = requests[index]
      if (!request) break
      const reply = await ask(line, request)
      replies[index] = reply
      if (reply.close) line = await open(socketPath)
      if (next >= requests.length) line.destroy()
    }
  }
  await Promise.all(Array.from({ length: lanes }, lane))
  return replies
}

/** A reply to bytes that were sent as they are; undefined when the server closed, or said nothing within 5 s. */
export interface BytesReply {
  readonly status: number
  /** Names in lower case; values of repeated names joined by a comma. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** Sends bytes (latin1) to a port of 127.0.0.1 on a connection of their own. */
export function sendBytes(port: number, sent: string): Promise<BytesReply | undefined> {
  return new Promise((resolve) => {
    let buffer = ''
    const socket = connect({ port, host: '127.0.0.1' }, () => socket.write(sent, 'latin1')).setEncoding('latin1')
    const end = (): void => {
      socket.destroy()
      const reply = first(buffer, sent.split(' ')[0])
      resolve(reply && { status: reply.status, headers: headersOf(buffer), body: reply.body })
    }
    socket.on('data', (chunk: string) => {
      buffer += chunk
      if (first(buffer, sent.split(' ')[0])) end()
    })
    // A server that refuses may reset the connection behind its reply.
    socket.on('error', end).on('close', end)
    socket.setTimeout(5_000, end)
  })
}

function headersOf(reply: string): Record<string, string> {
  const headers: Record<string, string> = {}
  for (const line of reply.slice(0, reply.indexOf('\r\n\r\n')).split('\r\n').slice(1)) {
    const name = line.slice(0, line.indexOf(':')).toLowerCase()
    const value = line.slice(line.indexOf(':') + 1).trim()
    headers[name] = headers[name] === undefined ? value : `${headers[name]}, ${value}`
  }
  return headers
}

function open(socketPath: string | number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const at = typeof socketPath === 'number' ? { port: socketPath, host: '127.0.0.1' } : { path: socketPath }
    const socket = connect(at, () => resolve(socket))
      .setEncoding('latin1')
      .setNoDelay()
    socket.once('error', reject)
  })
}

function ask(socket: Socket, request: RawRequest): Promise<Parsed> {
  return new Promise((resolve, reject) => {
    let buffer = ''
    const end = (result: Parsed | Error): void => {
      socket.removeAllListeners().setTimeout(0)
      socket.on('error', () => socket.destroy())
      if (result instanceof Error || result.close) socket.destroy()
      if (result instanceof Error) reject(result)
      else resolve(result)
    }
    socket.on('data', (chunk: string) => {
      buffer += chunk
      const reply = first(buffer, request.method)
      if (reply) end(reply)
    })
    socket.once('error', end)
    socket.once('close', () => end(new Error(`the server closed without a reply to ${JSON.stringify(request)}`)))
    socket.setTimeout(5_000, () => end(new Error(`no reply within 5 s to ${JSON.stringify(request)}`)))
    socket.write(bytes(request), 'latin1')
  })
}

function bytes({ method, path, host, headers }: RawRequest): string {
  return `${method} ${path} HTTP/1.1\r\nhost: ${host}\r\n${headers.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`
}

interface Parsed extends RawReply {
  readonly close: boolean
}

/** The first complete reply of a buffer, and whether the connection ends with it. */
function first(buffer: string, method: string | undefined): Parsed | undefined {
  const end = buffer.indexOf('\r\n\r\n')
  if (end === -1) return undefined
  const head = buffer.slice(0, end)
  const chunked = /\r\ntransfer-encoding: chunked/i.test(head)
  const size = Number(/\r\ncontent-length: (\d+)/i.exec(head)?.[1] ?? 0)
  const body = method === 'HEAD' ? { text: '', end: end + 4 } : chunked ? chunks(buffer, end + 4) : plain(buffer, end + 4, size)
  if (!body) return undefined
  const route = /\r\nx-route: ([^\r]*)/i.exec(head)?.[1] ?? ''
  return { status: Number(head.slice(9, 12)), route, body: body.text, close: /\r\nconnection: close/i.test(head) }
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
