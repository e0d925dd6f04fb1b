import type { ResourceType } from './resource.ts'

/** Types whose first request without names means "everything" (the legacy wildcard). */
const legacyWildcard: ReadonlySet<ResourceType> = new Set<ResourceType>(['cluster', 'listener'])

/** More names than this on one stream and type are not a proxy but an attack. */
export const maxNames = 100_000

/** A client that asks for more than the server is willing to remember. */
export class TooManyNames extends Error {}

/** What one request changes about a subscription. */
export interface SubscriptionChange {
  /** Names that must be answered, whether they exist or not, whether the client has them or not. */
  readonly named: readonly string[]
  /** Names that the client has dropped: forget what it held. */
  readonly dropped: readonly string[]
  /** The wildcard was switched on by this request. */
  readonly wildcardOn: boolean
  readonly wildcardOff: boolean
}

/** Which names one stream wants of one type (rules 14 to 19 of the xDS protocol notes). */
export class Subscription {
  readonly names = new Set<string>()
  #wildcard = false
  #first = true
  readonly #type: ResourceType

  constructor(type: ResourceType) {
    this.#type = type
  }

  get wildcard(): boolean {
    return this.#wildcard
  }

  wants(name: string): boolean {
    return this.#wildcard || this.names.has(name)
  }

  apply(subscribe: readonly string[], unsubscribe: readonly string[]): SubscriptionChange {
    const was = this.#wildcard
    if (this.#first && subscribe.length === 0 && unsubscribe.length === 0 && legacyWildcard.has(this.#type)) this.#wildcard = true
    this.#first = false
    const named = new Set<string>()
    for (const name of subscribe) {
      if (name === '*') this.#wildcard = true
      else {
        this.names.add(name)
        named.add(name)
      }
    }
    if (this.names.size > maxNames) throw new TooManyNames(`more than ${maxNames} names of one type are subscribed on one stream`)
    const dropped: string[] = []
    for (const name of unsubscribe) {
      if (name === '*') this.#wildcard = false
      else {
        const had = this.names.delete(name)
        named.delete(name)
        // With a wildcard the client may still want it and cannot know: it must be told what has become of the name.
        if (this.#wildcard) named.add(name)
        else if (had) dropped.push(name)
      }
    }
    return { named: [...named], dropped, wildcardOn: !was && this.#wildcard, wildcardOff: was && !this.#wildcard }
  }
}
