import { BlockList, isIP } from 'node:net'

const loopback = new BlockList()
loopback.addSubnet('127.0.0.0', 8)
loopback.addAddress('::1', 'ipv6')

/** Whether an address or name only reaches this machine. A name other than `localhost` does not count: it may resolve to anything. */
export function isLoopback(host: string): boolean {
  const bare = unbracket(host).toLowerCase()
  if (bare === 'localhost') return true
  const family = isIP(bare)
  return family !== 0 && loopback.check(bare, family === 6 ? 'ipv6' : 'ipv4')
}

/** Whether a Host header names this API: loopback, the address that the connection came in on, or one of `names` (lower case, no port). */
export function hostAccepted(header: string | undefined, names: ReadonlySet<string>, localAddress: string | undefined): boolean {
  const parts = /^(\[[0-9a-f:.]+\]|[^:[\]/@\s,]+?)\.?(?::\d{1,5})?$/i.exec(header ?? '')
  if (!parts?.[1]) return false
  const host = unbracket(parts[1]).toLowerCase()
  return isLoopback(host) || names.has(host) || (isIP(host) !== 0 && host === localAddress?.replace(/^::ffff:/, ''))
}

function unbracket(host: string): string {
  return host.startsWith('[') && host.endsWith(']') ? host.slice(1, -1) : host
}
