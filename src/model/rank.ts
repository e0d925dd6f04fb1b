import { compare } from '../lib/compare.ts'
import type { Path } from '../diagnostics/diagnostic.ts'
import type { Listener, Match, Route } from './gateway.ts'
import { anyHost, coveringHosts, hostOf } from './host.ts'
import { specificityKey } from './specificity.ts'

/** One alternative of one route. The same object for the same route object, so that lists can be compared by identity. */
export interface Entry {
  readonly route: Route
  /** Index into `route.match`. */
  readonly alternative: number
  readonly match: Match
  /** Smaller is more specific. */
  readonly key: string
}

/** What one host pattern serves, in order of precedence: the first entry that takes a request wins. */
export interface VirtualHostTable {
  /** Exact name, `*.suffix` or `*`. */
  readonly host: string
  readonly entries: readonly Entry[]
}

/** Precedence of one listener's routes. The host `*` is always there, with or without entries. */
export interface RouteTable {
  /** Ordered by host text. */
  readonly virtualHosts: readonly VirtualHostTable[]
  readonly byHost: ReadonlyMap<string, VirtualHostTable>
}

/** What each host pattern says itself, in order; the pattern `*` is always there. */
export type Patterns = ReadonlyMap<string, readonly Entry[]>

/**
 * The one order of precedence, for both engines and the tools: priority, host, path, methods, headers, query, name; never the position in the file.
 * A virtual host lists every entry whose host pattern covers it. Cost: entries × log for sorting, plus the sum of the lists (a route without hosts is in each list).
 */
export function rank(routes: Iterable<Route>, listener: Listener): RouteTable {
  return tableOf(patternsOf(routes, listener))
}

/** The entries that a listener serves, by the pattern that they are written for. */
export function patternsOf(routes: Iterable<Route>, listener: Listener): Patterns {
  const byPattern = new Map<string, Entry[]>([[anyHost, []]])
  for (const route of routes) {
    for (const host of hostsOn(route, listener)) {
      const list = byPattern.get(host)
      if (list) list.push(...entriesOf(route))
      else byPattern.set(host, [...entriesOf(route)])
    }
  }
  for (const list of byPattern.values()) list.sort(compareEntries)
  return byPattern
}

/** Lays the patterns over each other. With a table of `before`, only hosts that `isTouched` are looked at, and one whose list is the same keeps its object. */
export function tableOf(patterns: Patterns, before?: RouteTable, isTouched: (host: string) => boolean = () => true): RouteTable {
  const hosts = before && sameKeys(before.byHost, patterns) ? before.virtualHosts.map(({ host }) => host) : [...patterns.keys()].sort(compare)
  const virtualHosts = hosts.map((host) => {
    const known = before?.byHost.get(host)
    if (known && !isTouched(host)) return known
    const entries = merge(coveringHosts(host, patterns).map((pattern) => patterns.get(pattern) ?? []))
    return known && same(known.entries, entries) ? known : { host, entries }
  })
  return { virtualHosts, byHost: new Map(virtualHosts.map((virtualHost) => [virtualHost.host, virtualHost])) }
}

function sameKeys(a: ReadonlyMap<string, unknown>, b: ReadonlyMap<string, unknown>): boolean {
  return a.size === b.size && [...b.keys()].every((key) => a.has(key))
}

/** Patterns under which a listener serves a route; none when it does not. */
export function hostsOn(route: Route, listener: Listener): Iterable<string> {
  const serves = route.listeners.length === 0 ? listener.redirectTo === undefined : route.listeners.includes(listener.name)
  if (!serves) return []
  return route.hosts.length === 0 ? [anyHost] : new Set(route.hosts)
}

/** The virtual host of an authority: its exact name, else the longest wildcard, else `*`. */
export function virtualHostOf(table: RouteTable, authority: string): VirtualHostTable | undefined {
  return table.byHost.get(coveringHosts(hostOf(authority), table.byHost)[0] ?? anyHost)
}

/** Name of an entry in engines, logs and statistics: the route's name, with `/n` when the user wrote several alternatives and this is one of them. */
export function entryName({ route, match, alternative }: Entry): string {
  return severalWritten(route) && !match.implied ? `${route.name}/${alternative}` : route.name
}

/** Path of an entry's condition in the route as the user wrote it. */
export function writtenAt({ route, match, alternative }: Entry): Path {
  return severalWritten(route) && !match.implied ? ['match', alternative] : ['match']
}

function severalWritten(route: Route): boolean {
  return route.match.length > 1 && !route.match[1]?.implied
}

const known = new WeakMap<Route, readonly Entry[]>()

/** The entries of a route, made once per route object. */
export function entriesOf(route: Route): readonly Entry[] {
  const made = known.get(route) ?? route.match.map((match, alternative) => ({ route, alternative, match, key: specificityKey(match) }))
  known.set(route, made)
  return made
}

export function compareEntries(a: Entry, b: Entry): number {
  return b.route.priority - a.route.priority || compare(a.key, b.key) || compare(a.route.name, b.route.name) || a.alternative - b.alternative
}

/** Joins lists of falling host specificity into one: priority first, then the more specific host, then the order inside a list. */
function merge(lists: readonly (readonly Entry[])[]): Entry[] {
  return [...new Set(lists.flat())].sort((a, b) => b.route.priority - a.route.priority)
}

function same(a: readonly Entry[], b: readonly Entry[]): boolean {
  return a.length === b.length && a.every((entry, index) => entry === b[index])
}
