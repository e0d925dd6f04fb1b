import type { Feature } from '../feature.ts'
import { changedKeys } from '../lib/changed-keys.ts'
import { compare } from '../lib/compare.ts'
import { furtherTargets } from './further-targets.ts'
import type { Route, Service, Subset, Target } from './gateway.ts'

/** The label-name sets by which routes select endpoints of each service, in canonical order. */
function subsetsByService(routes: Iterable<Route>, features: readonly Feature[]): Map<string, Service['subsets']> {
  const sets = new Map<string, Map<string, Subset>>()
  for (const route of routes) {
    const own = route.action.type === 'forward' ? route.action.targets : []
    for (const target of [...own, ...furtherTargets(features, route)]) {
      const known = sets.get(target.service) ?? new Map<string, Subset>()
      for (const subset of subsetsOf(target)) {
        const key = subset.names.join('\n')
        known.set(key, agreed(subset, known.get(key)))
      }
      if (known.size > 0) sets.set(target.service, known)
    }
  }
  return new Map([...sets].map(([service, known]) => [service, [...known].sort(([a], [b]) => compare(a, b)).map(([, subset]) => subset)]))
}

/** The subsets of the last gateway: only routes that changed are looked at. */
export class SubsetMemo {
  #routes: ReadonlyMap<string, Route> = new Map()
  readonly #selecting = new Map<string, Route>()
  #subsets: ReadonlyMap<string, Service['subsets']> = new Map()

  /** By service; and the services for which that may be different from the last time. */
  update(routes: ReadonlyMap<string, Route>, features: readonly Feature[]): [ReadonlyMap<string, Service['subsets']>, changed: readonly string[]] {
    const before = this.#subsets
    let changed = false
    for (const name of changedKeys(this.#routes, routes)) {
      changed = this.#selecting.delete(name) || changed
      const route = routes.get(name)
      if (!route || subsetsByService([route], features).size === 0) continue
      this.#selecting.set(name, route)
      changed = true
    }
    this.#routes = routes
    if (!changed) return [before, []]
    this.#subsets = subsetsByService(this.#selecting.values(), features)
    return [this.#subsets, [...new Set([...before.keys(), ...this.#subsets.keys()])]]
  }
}

/** A request may lack any of the labels that it should say, so each part of them is a set of its own. */
function subsetsOf({ labels, byAttribute = {}, otherwise }: Pick<Target, 'labels' | 'byAttribute' | 'otherwise'>): Subset[] {
  const fixed = Object.keys(labels).sort()
  let said: readonly (readonly string[])[] = [[]]
  for (const name of Object.keys(byAttribute)) said = [...said, ...said.map((names) => [...names, name])]
  return said.flatMap((more) => {
    const names = [...fixed, ...more].sort()
    if (names.length === 0) return []
    return more.length > 0 && otherwise === 'any' ? { names, fallback: fixed } : { names }
  })
}

function agreed(subset: Subset, known: Subset | undefined): Subset {
  if (!known || (known.fallback?.join('\n') === subset.fallback?.join('\n') && !known.mixed)) return subset
  return { names: subset.names, mixed: true }
}
