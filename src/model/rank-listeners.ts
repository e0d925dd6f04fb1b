import { changedKeys } from '../lib/changed-keys.ts'
import type { Gateway, Listener, Route } from './gateway.ts'
import { anyHost, coveringHosts } from './host.ts'
import { compareEntries, entriesOf, hostsOn, type Patterns, patternsOf, type RouteTable, tableOf } from './rank.ts'

/** One listener's table, and what it was made of. */
interface Ranked {
  readonly listener: Listener
  readonly routes: ReadonlyMap<string, Route>
  readonly patterns: Patterns
  readonly table: RouteTable
}

/** Above so many changed routes everything is ranked anew. */
const few = 1_000

/** Route tables of every listener that serves routes. Hosts whose routes did not change keep their objects, and cost nothing. */
export class Ranking {
  #ranked: ReadonlyMap<string, Ranked> = new Map()

  rank({ listeners, routes }: Pick<Gateway, 'listeners' | 'routes'>): ReadonlyMap<string, RouteTable> {
    const ranked = new Map<string, Ranked>()
    for (const listener of listeners.values()) {
      if (listener.redirectTo === undefined) ranked.set(listener.name, ranking(listener, routes, this.#ranked.get(listener.name)))
    }
    this.#ranked = ranked
    return new Map([...ranked].map(([name, { table }]) => [name, table]))
  }
}

function ranking(listener: Listener, routes: ReadonlyMap<string, Route>, before: Ranked | undefined): Ranked {
  const changed = before && changedKeys(before.routes, routes)
  if (!before || !changed || before.listener !== listener || changed.length > few) {
    const patterns = patternsOf(routes.values(), listener)
    return { listener, routes, patterns, table: tableOf(patterns, before?.table) }
  }
  if (changed.length === 0) return { ...before, routes }
  const { patterns, touched } = replaced(before, routes, changed)
  return { listener, routes, patterns, table: tableOf(patterns, before.table, touchedBy(touched, before.patterns, patterns)) }
}

/** The patterns with the changed routes taken out and put in again. */
function replaced({ listener, patterns: old, routes: before }: Ranked, routes: ReadonlyMap<string, Route>, changed: readonly string[]) {
  const gone = new Set<Route>()
  const come = new Map<string, Route[]>()
  for (const name of changed) {
    const [was, is] = [before.get(name), routes.get(name)]
    if (was) gone.add(was)
    for (const host of was ? hostsOn(was, listener) : []) if (!come.has(host)) come.set(host, [])
    for (const host of is ? hostsOn(is, listener) : []) come.set(host, [...(come.get(host) ?? []), ...(is ? [is] : [])])
  }
  const patterns = new Map(old)
  for (const [host, added] of come) {
    const entries = [...(old.get(host) ?? []).filter(({ route }) => !gone.has(route)), ...added.flatMap(entriesOf)].sort(compareEntries)
    if (entries.length > 0 || host === anyHost) patterns.set(host, entries)
    else patterns.delete(host)
  }
  return { patterns, touched: new Set(come.keys()) }
}

/** Whether a host is served by one of the patterns that are different, or by one that is there no more. */
function touchedBy(touched: ReadonlySet<string>, before: Patterns, after: Patterns): (host: string) => boolean {
  if (touched.has(anyHost)) return () => true
  if (![...touched].some((pattern) => pattern.startsWith('*'))) return (host) => touched.has(host)
  const either = { has: (pattern: string) => before.has(pattern) || after.has(pattern) }
  return (host) => coveringHosts(host, either).some((pattern) => touched.has(pattern))
}
