/**
 * A small real HTTP service. It answers every request with what it saw, as JSON.
 *
 *   node examples/alt-las/backend.ts segmentation-1 3001 [host, default 127.0.0.1]
 *
 * `/health` answers 200, or 503 while the instance plays sick: SIGUSR2 makes it sick, and well again. A signal and not a request, because whoever
 * reaches the gateway reaches every path of the service. SIGTERM ends it after the requests in progress.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'

/** Told to the parent over IPC, when there is one. */
export type BackendMessage = { readonly listening: number } | { readonly failed: string; readonly code: string | undefined }

const [name = '', portText = '', host = '127.0.0.1'] = process.argv.slice(2)
const port = Number(portText)
if (!/^[a-z0-9-]+$/.test(name) || !/^\d{1,5}$/.test(portText) || port > 65_535) {
  process.stderr.write('usage: node examples/alt-las/backend.ts NAME PORT [HOST]\n')
  process.exit(64)
}

const seenHeaders = ['host', 'user-agent', 'content-type', 'x-forwarded-for', 'x-forwarded-proto', 'x-request-id'] as const
let sick = false
let served = 0

const server = createServer((request, response) => {
  if (request.url === '/health') return answer(response, sick ? 503 : 200, { status: sick ? 'sick' : 'ok', instance: name })
  let bytes = 0
  request.on('data', (chunk: Buffer) => (bytes += chunk.length))
  request.on('end', () => answer(response, 200, { ...whatItSaw(request), bytes, served: ++served }))
})

function whatItSaw(request: IncomingMessage) {
  const headers = Object.fromEntries(seenHeaders.flatMap((key) => (request.headers[key] === undefined ? [] : [[key, request.headers[key]]])))
  return { service: name.replace(/-\d+$/, ''), instance: name, method: request.method, path: request.url, headers }
}

function answer(response: ServerResponse, status: number, body: object): void {
  // A connection that is about to close says so, so that nobody sends another request on it.
  if (!server.listening) response.setHeader('connection', 'close')
  response.writeHead(status, { 'content-type': 'application/json' }).end(`${JSON.stringify(body)}\n`)
}

function tell(message: BackendMessage): void {
  if (process.connected) process.send?.(message)
}

// Longer than a proxy keeps an idle connection, so that a request never meets a connection that is just being closed.
server.keepAliveTimeout = 3_700_000
server.on('error', (error: NodeJS.ErrnoException) => {
  tell({ failed: error.message, code: error.code })
  process.stderr.write(`${name}: ${error.message}\n`)
  process.exit(1)
})
server.listen(port, host, () => {
  tell({ listening: port })
  if (!process.connected) process.stdout.write(`${name} listens on ${host}:${port} (pid ${process.pid})\n`)
})

const stop = (): void => void server.close(() => process.exit(0))
process.on('SIGUSR2', () => (sick = !sick))
process.once('SIGTERM', stop)
// With a parent, Ctrl-C is the parent's to handle: it stops the proxy first. When the parent is gone, however it ended, nobody needs this process.
process.on('SIGINT', () => void (process.connected || stop()))
process.once('disconnect', () => process.exit(0))
