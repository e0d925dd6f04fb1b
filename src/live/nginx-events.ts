import { type Line, lineText } from '../nginx/state.ts'
import type { FleetEvent, Key, Proxy } from './fleet.ts'

/** `host/public/*` → type `host`, name `public/*`. */
export function keyOf(key: string): Key {
  const slash = key.indexOf('/')
  return slash === -1 ? { type: key, name: key } : { type: key.slice(0, slash), name: key.slice(slash + 1) }
}

/** What was sent, by type: one event for each worker, since each takes it. `lines` stand under `keys`; undefined: gone. */
export function pushedEvents(proxies: readonly Proxy[], keys: readonly string[], lines: readonly (Line | undefined)[]): FleetEvent[] {
  const bytes = new Map<string, number>()
  const removed = new Map<string, number>()
  lines.forEach((line, index) => {
    const { type } = keyOf(keys[index] ?? '')
    if (line) add(bytes, type, Buffer.byteLength(lineText(line)) + 1)
    else add(removed, type, 1)
  })
  return [...typesOf(keys)].flatMap(([type, all]) => {
    const gone = removed.get(type) ?? 0
    return proxies.map((proxy) => ({ kind: 'pushed' as const, proxy, type, resources: all - gone, removed: gone, bytes: bytes.get(type) ?? 0 }))
  })
}

/** What every worker has taken. */
export function acceptedEvents(proxies: readonly Proxy[], keys: readonly string[], ms: number): FleetEvent[] {
  return [...typesOf(keys)].flatMap(([type, resources]) => proxies.map((proxy) => ({ kind: 'accepted' as const, proxy, type, resources, ms })))
}

function typesOf(keys: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const key of keys) add(counts, keyOf(key).type, 1)
  return counts
}

function add(counts: Map<string, number>, type: string, number: number): void {
  counts.set(type, (counts.get(type) ?? 0) + number)
}
