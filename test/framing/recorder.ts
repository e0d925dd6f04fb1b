import { createServer, type Socket } from 'node:net'
import type { AddressInfo } from 'node:net'

/** A request as it stood on the wire, read by the strictest rules: whatever another server could read otherwise is an error. */
export interface Recorded {
  readonly line: string
  /** Names in lower case, in order. */
  readonly headers: readonly (readonly [string, string])[]
  readonly body: string
}

/** An upstream that reads bytes, not messages, and answers every request that the strict rules find. */
export interface Recorder {
  readonly port: number
  readonly requests: Recorded[]
  /** What no strict reader would take. */
  readonly errors: string[]
  stop(): void
}

export async function startRecorder(): Promise<Recorder> {
  const requests: Recorded[] = []
  const errors: string[] = []
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    let rest = ''
    socket.setEncoding('latin1').on('error', () => undefined)
    socket.on('close', () => {
      sockets.delete(socket)
    })
    socket.on('data', (chunk: string) => {
      rest += chunk
      try {
        for (let found = take(rest); found; found = take(rest)) {
          rest = rest.slice(found.length)
          requests.push(found.request)
          socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok')
        }
      } catch (error) {
        errors.push(`${String(error)}: ${JSON.stringify(rest)}`)
        rest = ''
        socket.destroy()
      }
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    requests,
    errors,
    stop: () => {
      server.close()
      sockets.forEach((socket) => socket.destroy())
    },
  }
}

const line = /^[A-Z-]+ \/[!-~]* HTTP\/1\.1$/
const field = /^([!#$%&'*+.^_`|~0-9a-zA-Z-]+):[ \t]*([\t -~\x80-\xff]*?)[ \t]*$/

/** The first request of a text, once all of it is there. Throws when it is not strictly right. */
function take(text: string): { request: Recorded; length: number } | undefined {
  const end = text.indexOf('\r\n\r\n')
  if (end === -1) return undefined
  const [first = '', ...lines] = text.slice(0, end).split('\r\n')
  if (!line.test(first)) throw new Error('bad request line')
  const headers = lines.map((one): [string, string] => {
    const [, name, value] = field.exec(one) ?? []
    if (name === undefined || value === undefined) throw new Error(`bad header ${JSON.stringify(one)}`)
    return [name.toLowerCase(), value]
  })
  const all = (name: string): string[] => headers.filter(([own]) => own === name).map(([, value]) => value)
  if (all('host').length !== 1) throw new Error('not one host')
  const [lengths, codings] = [all('content-length'), all('transfer-encoding')]
  if (lengths.length + codings.length > 1) throw new Error('more than one framing')
  if (codings.some((coding) => coding !== 'chunked') || lengths.some((length) => !/^\d+$/.test(length))) throw new Error('odd framing')
  const body = codings.length > 0 ? chunks(text, end + 4) : plain(text, end + 4, Number(lengths[0] ?? 0))
  return body && { request: { line: first, headers, body: body.text }, length: body.end }
}

function plain(text: string, from: number, length: number): { text: string; end: number } | undefined {
  return text.length < from + length ? undefined : { text: text.slice(from, from + length), end: from + length }
}

function chunks(text: string, from: number): { text: string; end: number } | undefined {
  let body = ''
  for (let at = from; ;) {
    const end = text.indexOf('\r\n', at)
    if (end === -1) return undefined
    const head = text.slice(at, end)
    if (!/^[0-9a-fA-F]{1,8}$/.test(head)) throw new Error(`bad chunk ${JSON.stringify(head)}`)
    const size = parseInt(head, 16)
    const next = end + 2 + size + 2
    if (text.length < next) return undefined
    if (text.slice(next - 2, next) !== '\r\n') throw new Error('a chunk without its end, or a trailer')
    if (size === 0) return { text: body, end: next }
    body += text.slice(end + 2, next - 2)
    at = next
  }
}
