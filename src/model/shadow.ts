import type { Match, PathMatch } from './gateway.ts'
import { canonical } from './canonical.ts'
import type { Entry, RouteTable, VirtualHostTable } from './rank.ts'

/** An entry that no request can reach, because another one takes all of them before. */
export interface Shadowed {
  readonly entry: Entry
  readonly by: Entry
  /** `duplicate`: both have the same condition; `shadowed`: the other one is wider and ranks before. */
  readonly kind: 'duplicate' | 'shadowed'
}

/** How many earlier entries with a path that covers an entry's path are compared with it. */
const looks = 64

/** What is shadowed in one virtual host; the table's object stands for its content. */
const known = new WeakMap<VirtualHostTable, readonly Shadowed[]>()

/**
 * Entries that can never match in any virtual host where they stand. Only what is cheap to prove is found: the same path, or a prefix that covers it,
 * with no condition that the entry does not have as well.
 */
export function findShadowed(table: RouteTable): Shadowed[] {
  const found = new Map<Entry, Shadowed>()
  for (const host of table.virtualHosts) for (const shadowed of shadowedIn(host)) if (!found.has(shadowed.entry)) found.set(shadowed.entry, shadowed)
  if (found.size === 0) return []
  for (const host of table.virtualHosts) {
    const here = new Set(shadowedIn(host).map((shadowed) => shadowed.entry))
    for (const entry of host.entries) if (!here.has(entry)) found.delete(entry)
  }
  return [...found.values()]
}

function shadowedIn(host: VirtualHostTable): readonly Shadowed[] {
  const before = known.get(host)
  if (before) return before
  const found: Shadowed[] = []
  const seen = new Map<string, Entry[]>()
  for (const entry of host.entries) {
    // Nobody wrote an implied one, so nobody has to hear that another route answers in its place.
    if (entry.match.implied) continue
    const by = coveringPaths(entry.match.path)
      .flatMap((path) => seen.get(path)?.slice(0, looks) ?? [])
      .find((earlier) => covers(earlier.match, entry.match))
    if (by) found.push({ entry, by, kind: covers(entry.match, by.match) && samePath(entry, by) ? 'duplicate' : 'shadowed' })
    const path = pathKey(entry.match.path)
    const list = seen.get(path)
    if (list) list.push(entry)
    else seen.set(path, [entry])
  }
  known.set(host, found)
  return found
}

/** Whether the conditions beside the path of `wide` hold whenever those of `narrow` do. */
function covers(wide: Match, narrow: Match): boolean {
  const methods = wide.methods.length === 0 || (narrow.methods.length > 0 && narrow.methods.every((method) => wide.methods.includes(method)))
  return methods && subset(wide.headers, narrow.headers) && subset(wide.query, narrow.query)
}

function subset(conditions: readonly unknown[], of: readonly unknown[]): boolean {
  if (conditions.length > of.length) return false
  const known = new Set(of.map(canonical))
  return conditions.every((condition) => known.has(canonical(condition)))
}

function samePath(a: Entry, b: Entry): boolean {
  return pathKey(a.match.path) === pathKey(b.match.path)
}

/** The names of template variables do not matter. */
function pathKey(path: PathMatch): string {
  switch (path.type) {
    case 'exact':
    case 'prefix':
      return `${path.type} ${path.path}`
    case 'template':
      return `template /${path.segments.map((segment) => (segment.type === 'literal' ? segment.text : segment.type === 'one' ? '{}' : '{**}')).join('/')}`
    case 'regex':
      return `regex ${path.regex}`
  }
}

/** Keys of the paths that surely take whatever this path takes: itself and the prefixes above it. */
function coveringPaths(path: PathMatch): string[] {
  const keys = [pathKey(path), 'prefix /']
  if (path.type === 'regex') return keys
  const segments =
    path.type === 'template' ? path.segments.map((segment) => (segment.type === 'literal' ? segment.text : undefined)) : path.path.split('/').slice(1)
  let above = ''
  for (const segment of segments) {
    if (segment === undefined) break
    above += `/${segment}`
    keys.push(`prefix ${above}`)
  }
  return keys
}
