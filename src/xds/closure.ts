import type { Change, Resource, ResourceKey, ResourceType } from './resource.ts'

/** A change that was not taken: it would leave a reference without a target, or names a resource twice. Nothing of it was published. */
export class PublishRefused extends Error {
  readonly problems: readonly string[]
  constructor(problems: readonly string[]) {
    super(`the change was refused as a whole: ${problems.join('; ')}`)
    this.problems = problems
  }
}

/** Counts who refers to what, so that a change is checked in time proportional to the change. */
export class Closure {
  readonly #counts = new Map<ResourceType, Map<string, number>>()
  readonly #get: (key: ResourceKey) => Resource | undefined

  /** `get` reads the resources as they are before the change. */
  constructor(get: (key: ResourceKey) => Resource | undefined) {
    this.#get = get
  }

  /** Takes the references of a change into account, or throws {@link PublishRefused} and changes nothing. */
  take(change: Change): void {
    const put = new Set(change.put.map(id))
    const removed = new Set(change.remove.map(id))
    const delta = new Map<string, { key: ResourceKey; by: number }>()
    const count = (refs: readonly ResourceKey[], by: number): void => {
      for (const key of refs) {
        const slot = delta.get(id(key))
        if (slot) slot.by += by
        else delta.set(id(key), { key, by })
      }
    }
    const problems: string[] = []
    for (const resource of change.put) {
      const old = this.#get(resource)
      if (old && sameRefs(old.refs, resource.refs)) continue
      if (old) count(old.refs, -1)
      count(resource.refs, 1)
      for (const ref of resource.refs) {
        if (!put.has(id(ref)) && (removed.has(id(ref)) || !this.#get(ref)))
          problems.push(`${show(resource)} refers to ${show(ref)}, which does not exist`)
      }
    }
    for (const key of change.remove) count(this.#get(key)?.refs ?? [], -1)
    for (const key of change.remove) {
      const left = (this.#counts.get(key.type)?.get(key.name) ?? 0) + (delta.get(id(key))?.by ?? 0)
      if (left > 0 && this.#get(key))
        problems.push(`${show(key)} would be removed while ${left} other resource${left === 1 ? '' : 's'} still refer${left === 1 ? 's' : ''} to it`)
    }
    if (problems.length > 0) throw new PublishRefused(problems)
    for (const { key, by } of delta.values()) this.#add(key, by)
  }

  #add({ type, name }: ResourceKey, by: number): void {
    let names = this.#counts.get(type)
    if (!names) this.#counts.set(type, (names = new Map<string, number>()))
    const next = (names.get(name) ?? 0) + by
    if (next > 0) names.set(name, next)
    else names.delete(name)
  }
}

/** Text form of a key for messages, such as `cluster/orders`. */
const show = ({ type, name }: ResourceKey): string => `${type}/${name}`

const id = ({ type, name }: ResourceKey): string => `${type}\0${name}`

/** Throws {@link PublishRefused} when a change says two things about one name. */
export function distinct(change: Change): void {
  const seen = new Set<string>()
  const twice: string[] = []
  for (const key of [...change.put, ...change.remove]) {
    if (seen.has(id(key))) twice.push(`${show(key)} stands in the change twice`)
    seen.add(id(key))
  }
  if (twice.length > 0) throw new PublishRefused(twice)
}

function sameRefs(a: readonly ResourceKey[], b: readonly ResourceKey[]): boolean {
  if (a === b) return true
  return a.length === b.length && a.every((ref, i) => ref === b[i] || (ref.type === b[i]?.type && ref.name === b[i]?.name))
}
