/** What instances of one service say of their load, by `address:port` as {@link endpointKey} writes it. */
export type ServiceLoads = ReadonlyMap<string, Load>

interface Load {
  /** 0 idle to 1 full, smoothed. */
  readonly load: number
  /** When the last report came, in milliseconds of the caller's clock. */
  readonly at: number
}

export const noLoads: ServiceLoads = new Map()

/** The time in which a report that differs moves the smoothed load by 63 % of the difference, in milliseconds. */
const smoothingMs = 5_000

/**
 * The loads after one more report. `load` is 0 to 1: less counts as 0, more as 1, and what is no number as 1, so that a broken instance gets less.
 * A first report counts at once. A later one counts the more the longer the last one is ago (exponential smoothing), so that one peak between
 * two reports does not swing all requests to and fro.
 */
export function withReport(loads: ServiceLoads, endpoint: string, load: number, now: number): ServiceLoads {
  const told = Number.isNaN(load) ? 1 : Math.min(1, Math.max(0, load))
  const before = loads.get(endpoint)
  const part = before ? 1 - Math.exp(-Math.max(0, now - before.at) / smoothingMs) : 1
  const smoothed = before ? before.load + (told - before.load) * part : told
  return new Map(loads).set(endpoint, { load: smoothed, at: now })
}

/** How reports name an endpoint: `10.0.0.1:9000`, `[::1]:9000`. */
export function endpointKey({ address, port }: { readonly address: string; readonly port: number }): string {
  return `${address.includes(':') ? `[${address}]` : address}:${port}`
}
