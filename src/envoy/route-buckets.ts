import { compare } from '../lib/compare.ts'
import type { PathMatch } from '../model/gateway.ts'
import type { Entry, VirtualHostTable } from '../model/rank.ts'
import { requiredPrefix } from '../model/specificity.ts'

/** Entries that can take a path which begins with `prefix` and with the prefix of no other bucket that is longer; in rank order. */
export interface Bucket {
  readonly prefix: string
  readonly entries: readonly Entry[]
}

/** How many copies of shorter prefixes' entries are accepted per entry that a bucket is made for. */
const copiesPerEntry = 4

/** Entries that stay together: at every push a bucket costs Envoy about as much as a route does, while a request is hardly slower for so few. */
export const fewEntries = 16

/**
 * Splits a virtual host by the text that paths must begin with. The longest bucket prefix of a path leads to every entry that can take the path,
 * so the first match inside the bucket is the first match of the whole list, whatever the reason for its rank.
 *
 * An entry with a short prefix stands in every bucket below it. A bucket is made only where it has at least a quarter as many entries of its own,
 * so entries appear at most 5 times as often as in the plain list. What is not worth a bucket stays with the next shorter one: below `a` entries
 * on shorter prefixes, a list holds at most a/4 entries too many for each different next character, and `together` that are not worth telling apart.
 */
export function routeBuckets({ entries }: VirtualHostTable, together = fewEntries): Bucket[] {
  const keyed = entries.map(({ match: { path } }, rank) => ({ prefix: requiredPrefix(path), path, rank })).sort((a, b) => compare(a.prefix, b.prefix))
  const buckets: { prefix: string; ranks: number[] }[] = []
  const left = collect(keyed, [], buckets, together)
  if (left.length > 0) buckets.push({ prefix: commonPrefix(keyed), ranks: left })
  return buckets
    .sort((a, b) => compare(a.prefix, b.prefix))
    .map(({ prefix, ranks }) => ({ prefix, entries: ranks.sort((a, b) => a - b).flatMap((rank) => entries[rank] ?? []) }))
}

interface Keyed {
  readonly prefix: string
  readonly path: PathMatch
  readonly rank: number
}

/** Makes the buckets of a group of entries with one common prefix, deepest first, and returns the ranks that are in none of them. */
function collect(group: readonly Keyed[], above: readonly number[], buckets: { prefix: string; ranks: number[] }[], together: number): number[] {
  const prefix = commonPrefix(group)
  const here = group.length <= together ? group : group.filter((keyed) => keyed.prefix === prefix)
  const own = here.map(({ rank }) => rank)
  for (const child of byNextCharacter(group.slice(here.length), prefix.length)) {
    const reach = here.filter(({ path }) => reaches(path, child[0]?.prefix[prefix.length]))
    own.push(...collect(child, [...above, ...reach.map(({ rank }) => rank)], buckets, together))
  }
  if (own.length === 0 || own.length * copiesPerEntry < above.length) return own
  buckets.push({ prefix, ranks: [...above, ...own] })
  return []
}

/** Whether a path can still be taken when this character follows the text that the condition asks for. */
function reaches(path: PathMatch, next: string | undefined): boolean {
  if (path.type === 'exact') return false
  return path.type !== 'prefix' || path.path === '/' || next === '/'
}

/** What the first and last of a sorted group have in common, all have. */
function commonPrefix(group: readonly Keyed[]): string {
  const first = group[0]?.prefix ?? ''
  const last = group.at(-1)?.prefix ?? ''
  let length = 0
  while (length < first.length && first[length] === last[length]) length++
  return first.slice(0, length)
}

function byNextCharacter(sorted: readonly Keyed[], at: number): Keyed[][] {
  const groups: Keyed[][] = []
  for (const keyed of sorted) {
    const current = groups.at(-1)
    if (current?.[0]?.prefix[at] === keyed.prefix[at]) current?.push(keyed)
    else groups.push([keyed])
  }
  return groups
}
