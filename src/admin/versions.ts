import type { Good } from '../compile.ts'
import type { Target } from '../target.ts'

/** What the proxies are given, by `type/name`, each with the hash of its content. */
export function versionsOf(good: Good<Target>): ReadonlyMap<string, { readonly version: string }> {
  return good.target === 'envoy' ? good.resources : good.state.lines
}
