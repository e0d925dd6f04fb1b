import type { Good } from '../compile.ts'
import type { Target } from '../target.ts'
import type { AdminSource } from './source.ts'
import { versionsOf } from './versions.ts'

/** A configuration that was published. */
export interface Published {
  readonly good: Good<Target>
  /** When its content was first seen, in milliseconds since 1970. */
  readonly since: number
}

/** Published configurations that are kept. Nodes that did not change are shared, so each costs about what it changed. */
const kept = 8

/** The last published configurations, to tell what a refused version was made of and what had changed since the accepted one. */
export class History {
  readonly #source: AdminSource
  #list: readonly Published[] = []

  constructor(source: AdminSource) {
    this.#source = source
  }

  /** Notes what is published now. Cheap when nothing changed; called on every event, since a proxy can only answer what was published before. */
  now(): Published | undefined {
    const { good } = this.#source
    const [newest, ...older] = this.#list
    if (!good || newest?.good === good) return newest
    // A new compile of the same content has perhaps moved lines.
    if (newest && sameVersions(newest.good, good)) this.#list = [{ good, since: newest.since }, ...older]
    else this.#list = [{ good, since: this.#publishedAt(good) }, ...this.#list].slice(0, kept)
    return this.#list[0]
  }

  /** The newest configuration that gave a resource this version. */
  of(type: string, name: string, version: string): Published | undefined {
    return this.#list.find(({ good }) => versionsOf(good).get(`${type}/${name}`)?.version === version)
  }

  #publishedAt(good: Good<Target>): number {
    const { last, events } = this.#source
    if (last.compiled.good === good) return last.at
    const event = events.findLast(({ kind }) => kind === 'last-good-used' || kind === 'published')
    return event?.kind === 'last-good-used' ? event.savedAt : (event?.at ?? last.at)
  }
}

function sameVersions(a: Good<Target>, b: Good<Target>): boolean {
  const [mine, other] = [versionsOf(a), versionsOf(b)]
  if (mine.size !== other.size) return false
  for (const [key, { version }] of mine) if (other.get(key)?.version !== version) return false
  return true
}
