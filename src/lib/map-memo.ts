import { changedKeys } from './changed-keys.ts'

/** What was made of one entry of a map; undefined: nothing. */
export interface MadeOf<B> {
  readonly value: B | undefined
  /** Made again in the next run, because more than the entry decides about it, or because it must be said again. */
  readonly again: boolean
}

/**
 * A map made of another one, entry by entry. Entries that are the same objects as in the last run are not looked at, so a run costs what changed,
 * and a copy of the map when anything did.
 */
export class MapMemo<A, B> {
  #input: ReadonlyMap<string, A> = new Map()
  #output: ReadonlyMap<string, B> = new Map()
  readonly #again = new Set<string>()

  /** `stale` names entries to make again although they are the same; `all` makes every entry again. */
  run(input: ReadonlyMap<string, A>, make: (key: string, entry: A) => MadeOf<B>, stale: Iterable<string> | 'all' = []): ReadonlyMap<string, B> {
    const keys = new Set([...(stale === 'all' ? input.keys() : stale), ...changedKeys(this.#input, input), ...this.#again])
    const output = this.#output
    // What a defect interrupts begins anew.
    this.#input = new Map()
    this.#output = new Map()
    const changes = new Map<string, B | undefined>()
    for (const key of keys) {
      this.#again.delete(key)
      const entry = input.get(key)
      const made = entry === undefined ? undefined : make(key, entry)
      if (made?.again) this.#again.add(key)
      if (output.get(key) !== made?.value) changes.set(key, made?.value)
    }
    const came = [...changes.keys()].some((key) => !output.has(key))
    this.#output = came ? inOrder(input.keys(), output, changes) : patched(output, changes)
    this.#input = input
    return this.#output
  }
}

function inOrder<V>(keys: Iterable<string>, before: ReadonlyMap<string, V>, changes: ReadonlyMap<string, V | undefined>): ReadonlyMap<string, V> {
  const after = new Map<string, V>()
  for (const key of keys) {
    const value = changes.has(key) ? changes.get(key) : before.get(key)
    if (value !== undefined) after.set(key, value)
  }
  return after
}

/** A copy of a map with some entries set, and those without a value left out; the map itself when nothing is different. */
export function patched<V>(before: ReadonlyMap<string, V>, changes: Iterable<readonly [string, V | undefined]>): ReadonlyMap<string, V> {
  let after: Map<string, V> | undefined
  for (const [key, value] of changes) {
    after ??= new Map(before)
    if (value === undefined) after.delete(key)
    else after.set(key, value)
  }
  return after ?? before
}
