import { createHash } from 'node:crypto'
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { parseDuration } from '../../src/lib/parse-duration.ts'
import { freePort } from './free-port.ts'

/** What an upstream saw, as it tells in its JSON body. */
export interface Seen {
  readonly instance: string
  readonly method: string
  readonly url: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/**
 * A small HTTP upstream on 127.0.0.1 that answers with what it saw. Change the fields to steer it; `/health` answers 200 or 503 by `healthy`.
 * A request can steer its own answer: `x-echo-status: 503`, `x-echo-delay: 200ms`, `x-echo-set: name: value`, `x-echo-body: text`,
 * `x-echo-close: 1` (closes the connection without an answer), `x-echo-health: sick|well` (what health checks are told from now on);
 * with `x-echo-only: NAME` only the upstream of that name obeys.
 */
export interface Echo {
  readonly name: string
  readonly port: number
  status: number
  delayMs: number
  healthy: boolean
  /** Told of every health check before it is answered. */
  checked: () => void
  headers: Record<string, string>
  /** The body of an answer; default what it saw, as JSON. */
  say: (seen: Seen) => string
  /** Told of every request but health checks before it is answered. */
  arrived: (seen: Seen) => void
  /** What an answer, other than to health checks, waits for; so a test can say what is under way at once. */
  held: () => Promise<void> | undefined
  /** Every request but health checks, oldest first. */
  readonly seen: Seen[]
  /** Closes the port and every connection, as a crash would. */
  close(): Promise<void>
  /** Listens again on the same port. */
  reopen(): Promise<void>
}

/** Starts an echo upstream; it ends with the process of the test file. `port` 0 takes a free one. */
export async function startEcho(name = 'echo', port = 0): Promise<Echo> {
  let server: Server | undefined
  const open = async (at: number): Promise<number> => {
    const fresh = createServer((request, response) => {
      answer(echo, request, response).catch((error: unknown) => response.destroy(error instanceof Error ? error : undefined))
    })
    fresh.on('upgrade', (request, socket) => {
      note(echo, request, '')
      socket.end(handshake(echo, request))
    })
    // A connection that the upstream closes while a request is on its way to it is a failure that no gateway can prevent without a retry.
    fresh.keepAliveTimeout = 0
    await new Promise<void>((resolve, reject) => fresh.once('error', reject).listen(at, '127.0.0.1', resolve))
    server = fresh
    fresh.unref()
    const address = fresh.address()
    return typeof address === 'object' && address ? address.port : at
  }
  const close = async (): Promise<void> => {
    const old = server
    server = undefined
    if (!old) return
    const closed = new Promise<void>((resolve) => old.close(() => resolve()))
    old.closeAllConnections()
    await closed
  }
  const echo = {
    name,
    port: 0,
    status: 200,
    delayMs: 0,
    healthy: true,
    checked: () => {},
    headers: {},
    say: (seen) => JSON.stringify(seen),
    arrived: () => {},
    held: () => undefined,
    seen: [],
    close,
    reopen: async () => void (await open(echo.port)),
  } as Echo & { port: number }
  // A port that nobody else gets while the upstream is closed.
  echo.port = await open(port || (await freePort()))
  return echo
}

async function answer(echo: Echo, request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.url === '/health') {
    echo.checked()
    response.writeHead(echo.healthy ? 200 : 503).end()
    return
  }
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  const seen = note(echo, request, Buffer.concat(chunks).toString())
  const wish = wishesOf(echo, request)
  if (wish('health') !== undefined) echo.healthy = wish('health') === 'well'
  const delayMs = echo.delayMs + (parseDuration(wish('delay') ?? '0') ?? 0)
  if (delayMs > 0) await delay(delayMs)
  await echo.held()
  if (wish('close') !== undefined) {
    request.socket.destroy()
    return
  }
  for (const line of wish('set', true)) response.appendHeader(line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim())
  response.writeHead(Number(wish('status') ?? echo.status), { 'content-type': 'application/json', ...echo.headers })
  response.end(wish('body') ?? echo.say(seen))
}

function note(echo: Echo, { method = '', url = '', headers }: IncomingMessage, body: string): Seen {
  const seen: Seen = { instance: echo.name, method, url, headers, body }
  echo.seen.push(seen)
  echo.arrived(seen)
  return seen
}

/** The answer to a WebSocket handshake; nothing is said on the WebSocket. https://www.rfc-editor.org/rfc/rfc6455#section-4.2.2 */
function handshake(echo: Echo, request: IncomingMessage): string {
  const accept = createHash('sha1')
    .update(`${request.headers['sec-websocket-key'] ?? ''}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
    .digest('base64')
  const headers = { connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-accept': accept, ...echo.headers }
  return `HTTP/1.1 101 Switching Protocols\r\n${Object.entries(headers)
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('')}\r\n`
}

interface Wishes {
  (name: string): string | undefined
  (name: string, all: true): string[]
}

/** Headers by which a request steers its answer; none when it means another upstream. */
function wishesOf(echo: Echo, request: IncomingMessage): Wishes {
  const all = request.headersDistinct
  const meant = all['x-echo-only'] === undefined || all['x-echo-only'].includes(echo.name)
  const wish = (name: string, every?: true) => {
    const values = meant ? (all[`x-echo-${name}`] ?? []) : []
    return every ? values : values[0]
  }
  return wish as Wishes
}
