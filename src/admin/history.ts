import type { Good } from '../compile.ts'
import type { SourceFile } from '../config/config.ts'
import type { ResourceType } from '../xds/resource.ts'
import type { AdminSource } from './source.ts'

/** A configuration that was published, with the files it was made of. */
export interface Published {
  readonly good: Good
  readonly files: ReadonlyMap<string, SourceFile>
  /** When it was first seen, in milliseconds since 1970. */
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
    const { good, last } = this.#source
    if (good && this.#list[0]?.good !== good) {
      const fresh = last.compiled.good === good
      const files = fresh ? last.compiled.files : new Map<string, SourceFile>()
      this.#list = [{ good, files, since: last.at }, ...this.#list].slice(0, kept)
    }
    return this.#list[0]
  }

  /** The newest configuration that gave a resource this version. */
  of(type: ResourceType, name: string, version: string): Published | undefined {
    return this.#list.find(({ good }) => good.resources.get(`${type}/${name}`)?.version === version)
  }
}
