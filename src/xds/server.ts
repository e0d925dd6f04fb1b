import { chmod } from 'node:fs/promises'
import { createSecureServer, createServer } from 'node:http2'
import type { Http2SecureServer, Http2Server, ServerHttp2Session } from 'node:http2'
import type { AddressInfo, Socket } from 'node:net'
import { freeSocket } from '../lib/free-socket.ts'
import { adsHandler } from './ads.ts'
import type { Open } from './ads.ts'

/** Where to listen. Port 0 picks a free one; a left-over socket file is replaced, one that answers is not. */
export type ListenOn = { readonly host: string; readonly port: number } | { readonly socket: string }

/** PEM texts. With `clientCa` only clients with a certificate signed by it are let in. */
export interface Tls {
  readonly key: string
  readonly cert: string
  readonly clientCa?: string
}

export interface Listening {
  /** `host:port`, or the path of the socket. */
  readonly address: string
  /** 0 on a unix socket. */
  readonly port: number
  close(): Promise<void>
}

/** How long connections may take to say goodbye. */
const graceMs = 1_000

/** Opens the port or socket. Rejects with the system's error, such as EADDRINUSE. */
export async function listen(on: ListenOn, tls: Tls | undefined, open: Open): Promise<Listening> {
  const closing = new AbortController()
  const handler = adsHandler(open, closing.signal)
  const server = tls ? createSecureServer({ ...secure(tls) }, handler) : createServer(handler)
  const sessions = new Set<ServerHttp2Session>()
  server.on('connection', (socket: Socket) => {
    // A peer that vanished without a word must not stay connected for ever.
    socket.setKeepAlive(true, 15_000)
    // A change of one resource is a small packet: it must not wait for the answer to the one before.
    socket.setNoDelay(true)
  })
  server.on('session', (session: ServerHttp2Session) => {
    sessions.add(session)
    session.on('close', () => sessions.delete(session))
    // A broken connection ends its streams; each of them reports that itself.
    session.on('error', () => session.destroy())
  })
  if ('socket' in on) await freeSocket(on.socket)
  await started(server, on)
  if ('socket' in on) await chmod(on.socket, 0o600)
  const bound = server.address() as AddressInfo | string
  return {
    address: typeof bound === 'string' ? bound : `${bound.address}:${bound.port}`,
    port: typeof bound === 'string' ? 0 : bound.port,
    close: () => {
      closing.abort()
      return stop(server, sessions)
    },
  }
}

function secure({ key, cert, clientCa }: Tls): object {
  const base = { key, cert, minVersion: 'TLSv1.2' }
  return clientCa === undefined ? base : { ...base, ca: clientCa, requestCert: true, rejectUnauthorized: true }
}

function started(server: Http2Server | Http2SecureServer, on: ListenOn): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen('socket' in on ? { path: on.socket } : { host: on.host, port: on.port }, () => {
      server.off('error', reject)
      resolve()
    })
  })
}

/** GOAWAY alone leaves streams open and ended streams alone leave the connection, so the streams were ended before and this says GOAWAY. */
async function stop(server: Http2Server | Http2SecureServer, sessions: ReadonlySet<ServerHttp2Session>): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  for (const session of sessions) session.close()
  const force = setTimeout(() => {
    for (const session of sessions) session.destroy()
  }, graceMs)
  await closed
  clearTimeout(force)
}
