import type { Feature } from '../feature.ts'
import { changedKeys } from '../lib/changed-keys.ts'
import { furtherTargets } from './further-targets.ts'
import type { Gateway, Route, Service } from './gateway.ts'

type Nodes = Pick<Gateway, 'routes' | 'services'>

/** How often each service is led to, kept up to date at the cost of what changed. */
export class ServiceUse {
  readonly #features: readonly Feature[]
  readonly #standIns: readonly Feature[]
  readonly #counts = new Map<string, number>()
  #before: Nodes = { routes: new Map(), services: new Map() }

  constructor(features: readonly Feature[]) {
    this.#features = features.filter((feature) => feature.targets !== undefined)
    this.#standIns = features.filter((feature) => feature.standIns !== undefined)
  }

  /** Services that routes lead to, or that stand in for others. */
  update(gateway: Nodes): ReadonlyMap<string, number> {
    for (const name of changedKeys(this.#before.routes, gateway.routes)) {
      this.#count(this.#byRoute(this.#before.routes.get(name)), -1)
      this.#count(this.#byRoute(gateway.routes.get(name)), 1)
    }
    for (const name of this.#standIns.length === 0 ? [] : changedKeys(this.#before.services, gateway.services)) {
      this.#count(this.#byService(this.#before.services.get(name)), -1)
      this.#count(this.#byService(gateway.services.get(name)), 1)
    }
    this.#before = gateway
    return this.#counts
  }

  #count(names: Iterable<string>, by: number): void {
    for (const name of names) {
      const count = (this.#counts.get(name) ?? 0) + by
      if (count === 0) this.#counts.delete(name)
      else this.#counts.set(name, count)
    }
  }

  #byRoute(route: Route | undefined): string[] {
    if (!route) return []
    const own = route.action.type === 'forward' ? route.action.targets : []
    return [...own, ...furtherTargets(this.#features, route)].map(({ service }) => service)
  }

  #byService(service: Service | undefined): string[] {
    return this.#standIns.flatMap((feature) => {
      const value = service?.policies[feature.name]
      return value === undefined ? [] : [...(feature.standIns?.(value) ?? [])]
    })
  }
}
