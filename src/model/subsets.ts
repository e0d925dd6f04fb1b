import type { Feature } from '../feature.ts'
import { furtherTargets } from './further-targets.ts'
import type { Route, Service } from './gateway.ts'

/** The label-name sets by which routes select endpoints of each service, in canonical order. */
export function subsetsByService(routes: Iterable<Route>, features: readonly Feature[]): Map<string, Service['subsets']> {
  const sets = new Map<string, Map<string, readonly string[]>>()
  for (const route of routes) {
    const own = route.action.type === 'forward' ? route.action.targets : []
    for (const target of [...own, ...furtherTargets(features, route)]) {
      const names = Object.keys(target.labels).sort()
      if (names.length === 0) continue
      const known = sets.get(target.service) ?? new Map<string, readonly string[]>()
      sets.set(target.service, known.set(names.join('\n'), names))
    }
  }
  return new Map([...sets].map(([service, known]) => [service, [...known].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, names]) => names)]))
}
