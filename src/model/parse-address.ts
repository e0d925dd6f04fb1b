import { isIP } from 'node:net'

export interface Address {
  readonly host: string
  readonly port: number
  readonly ip: boolean
}

const hostName = /^(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?)*\.?$/i

/** Reads `10.0.0.1:80`, `[::1]:80` or `host.name:80`; undefined when it is none of them. */
export function parseAddress(text: string): Address | undefined {
  const parts = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text)
  if (!parts) return undefined
  const host = parts[1] ?? parts[2] ?? ''
  const port = Number(parts[3])
  if (port < 1 || port > 65_535) return undefined
  const ip = isIP(host) !== 0
  if (parts[1] !== undefined) return isIP(host) === 6 ? { host, port, ip } : undefined
  if (/^[0-9.]+$/.test(host) && !ip) return undefined // 10.0.0.300 is a mistake, not a name
  return ip || hostName.test(host) ? { host, port, ip } : undefined
}
