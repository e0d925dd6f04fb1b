import type { Gateway } from './gateway.ts'
import { rank, type RouteTable } from './rank.ts'

/** The route table of every listener that serves routes; `previous` keeps the objects of unchanged hosts. */
export function rankListeners(gateway: Gateway, previous: ReadonlyMap<string, RouteTable> = new Map()): Map<string, RouteTable> {
  const tables = new Map<string, RouteTable>()
  for (const listener of gateway.listeners.values()) {
    if (listener.redirectTo === undefined) tables.set(listener.name, rank(gateway.routes.values(), listener, previous.get(listener.name)))
  }
  return tables
}
