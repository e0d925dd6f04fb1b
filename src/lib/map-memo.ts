import { changedKeys } from './changed-keys.ts'

/** What was made of one entry of a map; undefined: nothing. */
export interface MadeOf<B> {
  readonly value: B | undefined
  /** Made again in the next run, because more than the entry decides about it, or because it must be said again. */
  readonly again: boolean
}

/**
 * A map made of another one, entry by entry. Entries that are the same objects as in the last run are not looked at, so a run costs what changed,
 * and a copy of the map when anything did. New entries come last.
 */
export class MapMemo<A, B> {
  #input: ReadonlyMap<string, A> = new Map()
  #output: ReadonlyMap<string, B> = new Map()
  readonly #again = new Set<string>()

  /** `stale` names entries to make again although they are the same; `all` makes every entry again. */
  run(input: ReadonlyMap<string, A>, make: (key: string, entry: A) => MadeOf<B>, stale: Iterable<string> | 'all' = []): ReadonlyMap<string, B> {
    const keys = new Set([...(stale === 'all' ? input.keys() : stale), ...changedKeys(this.#input, input), ...this.#again])
    this.#input = input
    if (keys.size === 0) return this.#output
    const changes: [string, B | undefined][] = []
    for (const key of keys) {
      this.#again.delete(key)
      const entry = input.get(key)
      const made = entry === undefined ? undefined : make(key, entry)
      if (made?.again) this.#again.add(key)
      if (this.#output.get(key) !== made?.value) changes.push([key, made?.value])
    }
    this.#output = patched(this.#output, changes)
    return this.#output
  }
}

/** A copy of a map with some entries set, and those without a value left out; the map itself when nothing is different. */
export function patched<V>(before: ReadonlyMap<string, V>, changes: readonly (readonly [string, V | undefined])[]): ReadonlyMap<string, V> {
  if (changes.length === 0) return before
  const after = new Map(before)
  for (const [key, value] of changes) {
    if (value === undefined) after.delete(key)
    else after.set(key, value)
  }
  return after
}
