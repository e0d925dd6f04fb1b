import { InvalidArgumentError } from 'commander'
import { isLoopback } from '../admin/host-names.ts'
import type { ListenOn } from '../xds/server.ts'
import { exit, Stop } from './exit.ts'

/** Reads `host:port`, `[::1]:port`, or the path of a unix socket (which holds a slash); port 0 takes any free one. */
export function listenAddress(text: string): ListenOn {
  const path = text.replace(/^unix:/, '')
  if (path.includes('/')) return { socket: path }
  const parts = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]\s]+)):(\d{1,5})$/.exec(text)
  const port = Number(parts?.[3])
  if (!parts || port > 65_535) throw new InvalidArgumentError('It must be host:port, or the path of a unix socket.')
  return { host: parts[1] ?? parts[2] ?? '', port }
}

/** An open port beyond this machine lets everyone read the configuration, keys included, so it takes TLS or a word that says so. */
export function refuseOpen(option: string, on: ListenOn, allowed: boolean): void {
  if ('socket' in on || isLoopback(on.host) || allowed) return
  throw new Stop(
    exit.usage,
    `${option} ${on.host}:${on.port} would be open to the network: give --tls-cert and --tls-key, or allow it with --insecure`,
  )
}

/** Words for a port or socket that cannot be opened. */
export function cannotListen(option: string, error: unknown): Stop {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  const reason = code === 'EADDRINUSE' ? 'it is in use by another process' : error instanceof Error ? error.message : String(error)
  return new Stop(exit.findings, `cannot listen where ${option} says: ${reason}; name another address with ${option}`, { cause: error })
}
