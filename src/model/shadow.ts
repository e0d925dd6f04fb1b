import type { Match, PathMatch } from './gateway.ts'
import { canonical } from './intern.ts'
import type { Entry, RouteTable } from './rank.ts'

/** An entry that no request can reach, because another one takes all of them before. */
export interface Shadowed {
  readonly entry: Entry
  readonly by: Entry
  /** `duplicate`: both have the same condition; `shadowed`: the other one is wider and ranks before. */
  readonly kind: 'duplicate' | 'shadowed'
}

/** How many earlier entries with a path that covers an entry's path are compared with it. */
const looks = 64

/**
 * Entries that can never match in any virtual host where they stand. Only what is cheap to prove is found: the same path, or a prefix that covers it,
 * with no condition that the entry does not have as well.
 */
export function findShadowed(table: RouteTable): Shadowed[] {
  const found = new Map<Entry, Shadowed | undefined>()
  for (const { entries } of table.virtualHosts) {
    const seen = new Map<string, Entry[]>()
    for (const entry of entries) {
      const by = coveringPaths(entry.match.path)
        .flatMap((path) => seen.get(path)?.slice(0, looks) ?? [])
        .find((earlier) => covers(earlier.match, entry.match))
      if (!by) found.set(entry, undefined)
      else if (!found.has(entry))
        found.set(entry, { entry, by, kind: covers(entry.match, by.match) && samePath(entry, by) ? 'duplicate' : 'shadowed' })
      const path = pathKey(entry.match.path)
      const list = seen.get(path)
      if (list) list.push(entry)
      else seen.set(path, [entry])
    }
  }
  return [...found.values()].filter((shadowed) => shadowed !== undefined)
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
