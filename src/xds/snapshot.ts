import { Closure, distinct } from './closure.ts'
import { resourceTypes } from './resource.ts'
import type { Change, Resource, ResourceKey, ResourceType } from './resource.ts'

/** One version of a resource as it goes over the wire. The object is shared by every stream, so is what is cached for it. */
export interface Body extends ResourceKey {
  readonly version: string
  readonly value: Uint8Array
  readonly owner: string | undefined
  readonly ttlMs: number | undefined
  readonly refs: readonly ResourceKey[]
}

/** What the server holds for one name. */
export interface Entry {
  readonly resource: Resource
  readonly final: Body
  /** What a stream gets until its routes are accepted. */
  readonly bridge: Body | undefined
  /** The last version that any proxy has accepted. */
  good: Body | undefined
}

export const allTypes = Object.keys(resourceTypes) as readonly ResourceType[]

/** The current set of resources, by type and name. A publish costs what it changes. */
export class Snapshot {
  readonly #entries = new Map<ResourceType, Map<string, Entry>>(allTypes.map((type) => [type, new Map()]))
  readonly #publishOf = new Map<ResourceType, number>()
  readonly #closure = new Closure((key) => this.get(key.type, key.name)?.resource)
  readonly #changed: (keys: readonly ResourceKey[]) => void
  #publishes = 0

  /** `changed` is told which names have another body. */
  constructor(changed: (keys: readonly ResourceKey[]) => void) {
    this.#changed = changed
  }

  get(type: ResourceType, name: string): Entry | undefined {
    return this.#entries.get(type)?.get(name)
  }

  names(type: ResourceType): IterableIterator<string> {
    return (this.#entries.get(type) ?? new Map<string, Entry>()).keys()
  }

  size(type: ResourceType): number {
    return this.#entries.get(type)?.size ?? 0
  }

  /** Number of the last publish that changed this type; 0 when none did. */
  publishOf(type: ResourceType): number {
    return this.#publishOf.get(type) ?? 0
  }

  /** Takes a change as a whole, or throws {@link import('./closure.ts').PublishRefused}. Returns its number and what really changed. */
  apply(change: Change): { publish: number; changed: readonly ResourceKey[] } {
    distinct(change)
    const put = change.put.filter((resource) => this.get(resource.type, resource.name)?.resource.version !== resource.version)
    const remove = change.remove.filter((key) => this.get(key.type, key.name))
    this.#closure.take({ put, remove })
    if (put.length + remove.length === 0) return { publish: this.#publishes, changed: [] }
    const publish = ++this.#publishes
    for (const resource of put) this.#put(resource)
    for (const key of remove) this.#remove(key)
    const changed: ResourceKey[] = [...put, ...remove].map(({ type, name }) => ({ type, name }))
    for (const { type } of changed) this.#publishOf.set(type, publish)
    this.#changed(changed)
    return { publish, changed }
  }

  /** Every version of a name that may be sent to somebody. */
  versions({ type, name }: ResourceKey): string[] {
    const entry = this.get(type, name)
    return entry ? [entry.final, entry.bridge, entry.good].flatMap((body) => (body ? [body.version] : [])) : []
  }

  /** Notes that a proxy has accepted this version. True when it is the first to do so. */
  accept(type: ResourceType, name: string, version: string): boolean {
    const entry = this.get(type, name)
    if (!entry || entry.good?.version === version) return false
    const body = entry.final.version === version ? entry.final : entry.bridge?.version === version ? entry.bridge : undefined
    if (!body) return false
    entry.good = body
    return true
  }

  #put(resource: Resource): void {
    const { type, name } = resource
    const entry: Entry = {
      resource,
      final: bodyOf(resource, resource),
      bridge: resource.bridge && bodyOf(resource, resource.bridge),
      good: this.get(type, name)?.good,
    }
    this.#entries.get(type)?.set(name, entry)
  }

  #remove({ type, name }: ResourceKey): void {
    this.#entries.get(type)?.delete(name)
  }
}

function bodyOf(resource: Resource, { version, value }: { readonly version: string; readonly value: Uint8Array }): Body {
  const { type, name, owner, ttlMs, refs } = resource
  return { type, name, version, value, owner, ttlMs, refs }
}
