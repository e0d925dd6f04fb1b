import type { Endpoint } from '../../model/gateway.ts'
import type { Zones } from './model.ts'

/** Percent by which the healthy endpoints of a zone count more than they are: with 143 a zone with 70 % of them carries everything. */
export function spillFactor({ spillBelow }: Zones): number {
  return Math.ceil(10_000 / spillBelow)
}

/** Level of a zone, 0 the preferred. Zones that no endpoint is in take no level: Envoy wants priorities without gaps. */
export function levelOf({ prefer }: Zones, endpoints: readonly Endpoint[]): (zone: string | undefined) => number {
  const used = new Set(endpoints.map(({ zone }) => zone))
  const levels = new Map(prefer.filter((zone) => used.has(zone)).map((zone, level) => [zone, level]))
  return (zone) => (zone === undefined ? undefined : levels.get(zone)) ?? levels.size
}
