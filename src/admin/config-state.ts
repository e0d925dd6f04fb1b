import type { Good } from '../compile.ts'
import { compare } from '../lib/compare.ts'
import { contentHash } from '../lib/content-hash.ts'
import type { Target } from '../target.ts'
import type { History } from './history.ts'
import type { AdminSource } from './source.ts'
import { versionsOf } from './versions.ts'

/** What is served, in relation to the files. */
export interface ConfigState {
  /** `serving`: the files are served. `last-good`: the files are not usable, something older is served. `none`: nothing is served. */
  readonly state: 'serving' | 'held' | 'last-good' | 'none'
  /** Hash of all versions that are served: equal on every replica with the same files. */
  readonly version: string | undefined
  /** When that version was published, in milliseconds since 1970. */
  readonly since: number | undefined
  /** Why the newest files are not served, in words. */
  readonly reason: string | undefined
}

export function configState(source: AdminSource, history: History): ConfigState {
  const published = history.now()
  const { diagnostics, held } = source.last
  const errors = diagnostics.filter(({ severity }) => severity === 'error').length
  const reason = `the files have ${errors} ${errors === 1 ? 'error' : 'errors'}`
  if (!published) return { state: 'none', version: undefined, since: undefined, reason }
  const base = { version: versionOf(published.good), since: published.since }
  if (source.state === 'serving') return { ...base, state: 'serving', reason: undefined }
  if (source.state === 'held') return { ...base, state: 'held', reason: held?.reason ?? 'the change waits until it is certain' }
  return { ...base, state: 'last-good', reason }
}

const versions = new WeakMap<Good<Target>, string>()

/** Hash of the versions of all resources. */
function versionOf(good: Good<Target>): string {
  const known = versions.get(good)
  if (known !== undefined) return known
  const text = [...versionsOf(good)].map(([key, { version }]) => `${key} ${version}`).sort(compare)
  const version = contentHash(text.join('\n'))
  versions.set(good, version)
  return version
}
