import { InvalidArgumentError } from 'commander'
import { isLoopback } from '../admin/host-names.ts'
import type { ListenOn, Tls } from '../xds/server.ts'
import { exit, Stop } from './exit.ts'

/** Reads `host:port`, `[::1]:port`, or a unix socket: `unix:PATH`, or a path that holds a slash; port 0 takes any free one. */
export function listenAddress(text: string): ListenOn {
  const path = text.replace(/^unix:/, '')
  if (path !== '' && (path !== text || path.includes('/'))) return { socket: path }
  const parts = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]\s]+)):(\d{1,5})$/.exec(text)
  const port = Number(parts?.[3])
  if (!parts || port > 65_535) throw new InvalidArgumentError('It must be host:port, or the path of a unix socket.')
  return { host: parts[1] ?? parts[2] ?? '', port }
}

/**
 * An open port beyond this machine lets everyone read the configuration, keys included, so it takes TLS or a word that says so.
 * Gives a warning where everyone is let in nevertheless. Throws {@link Stop} (64) for an open port that nobody asked for.
 */
export function judgeOpen(option: string, on: ListenOn, tls: Tls | undefined, insecure: boolean): string | undefined {
  if ('socket' in on || isLoopback(on.host) || tls?.clientCa !== undefined) return undefined
  const what = option === '--xds' ? 'everything, private keys included' : 'the configuration'
  const place = `${option} ${on.host}:${on.port}`
  if (tls) return `${place} is open to the network: without --client-ca, whoever reaches it reads ${what}`
  if (insecure) return `${place} is open to the network without TLS: whoever reaches it, or listens on the way, reads ${what}`
  throw new Stop(exit.usage, `${place} would be open to the network: give --tls-cert and --tls-key, or allow it with --insecure`)
}

/** Words for a port or socket that cannot be opened. */
export function cannotListen(option: string, error: unknown): Stop {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  const reason = code === 'EADDRINUSE' ? 'it is in use by another process' : error instanceof Error ? error.message : String(error)
  return new Stop(exit.findings, `cannot listen where ${option} says: ${reason}; name another address with ${option}`, { cause: error })
}
