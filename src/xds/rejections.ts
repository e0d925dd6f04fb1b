import type { Rejection } from './events.ts'
import type { ResourceKey, ResourceType } from './resource.ts'

/** Proxies remembered per refused version; the hold does not depend on it, only who is named. */
const maxProxies = 1_000

interface Case {
  readonly version: string
  /** By proxy id. */
  readonly by: Map<string, Rejection>
  /** Somebody has accepted the version: only those who refused it are spared. */
  accepted: boolean
}

/**
 * Which versions proxies have refused. A refused version is sent to nobody until somebody accepts it, and never again to the proxy that refused it;
 * a new version starts afresh. Entries live as long as the refused version is the newest that was refused of its name.
 */
export class Rejections {
  readonly #cases = new Map<ResourceType, Map<string, Map<string, Case>>>()

  /** True when this proxy had not refused this version before. */
  add(proxy: string, rejection: Rejection, acceptedByOther: boolean): boolean {
    const { type, name, version } = rejection
    let names = this.#cases.get(type)
    if (!names) this.#cases.set(type, (names = new Map<string, Map<string, Case>>()))
    let versions = names.get(name)
    if (!versions) names.set(name, (versions = new Map<string, Case>()))
    let found = versions.get(version)
    if (!found) versions.set(version, (found = { version, by: new Map<string, Rejection>(), accepted: acceptedByOther }))
    if (found.by.has(proxy)) return false
    if (found.by.size < maxProxies) found.by.set(proxy, rejection)
    return true
  }

  /** Whether this proxy must not get this version. */
  holds(proxy: string, type: ResourceType, name: string, version: string): boolean {
    const found = this.#cases.get(type)?.get(name)?.get(version)
    return found !== undefined && (!found.accepted || found.by.has(proxy))
  }

  /** Somebody has accepted the version. True when that lifts a hold for others. */
  accept(type: ResourceType, name: string, version: string): boolean {
    const found = this.#cases.get(type)?.get(name)?.get(version)
    if (!found || found.accepted) return false
    found.accepted = true
    return true
  }

  /** Drops what is known about versions other than those that are still served. Called when a name has changed. */
  prune({ type, name }: ResourceKey, served: readonly string[]): void {
    const versions = this.#cases.get(type)?.get(name)
    if (!versions) return
    for (const version of versions.keys()) if (!served.includes(version)) versions.delete(version)
    if (versions.size === 0) this.#cases.get(type)?.delete(name)
  }

  /** Forgets everything that was refused, so that it is tried once more. Returns the names concerned. */
  clear(): ResourceKey[] {
    const keys: ResourceKey[] = []
    for (const [type, names] of this.#cases) for (const name of names.keys()) keys.push({ type, name })
    this.#cases.clear()
    return keys
  }

  /** What this proxy has refused and is still held. */
  of(proxy: string): Rejection[] {
    const found: Rejection[] = []
    for (const names of this.#cases.values())
      for (const versions of names.values())
        for (const { by } of versions.values()) {
          const rejection = by.get(proxy)
          if (rejection) found.push(rejection)
        }
    return found
  }
}
