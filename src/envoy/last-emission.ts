import { type Route as EnvoyRoute, RouteSchema } from '#gen/envoy/config/route/v3/route_components_pb.js'
import type { Diagnostic } from '../diagnostics/diagnostic.ts'
import type { Feature } from '../feature.ts'
import { changedKeys } from '../lib/changed-keys.ts'
import { patched } from '../lib/map-memo.ts'
import type { Cx } from '../model/cx.ts'
import type { Gateway, Route, Service } from '../model/gateway.ts'
import type { ReadMaterial } from '../model/material.ts'
import { NodeResults, type TrackedCx } from '../model/node-results.ts'
import { PolicyIndex } from '../model/policy-index.ts'
import type { Resource } from '../xds/resource.ts'
import type { Made } from './check-message.ts'
import { deterministicBytes } from './deterministic.ts'
import type { RouteCx } from './parts.ts'
import { overTls } from './route.ts'
import { RouteConfigurations } from './route-configuration.ts'

/** The Envoy routes of each match alternative of a route. */
export type EnvoyRoutes = readonly (readonly EnvoyRoute[])[]

/** What one emission leaves for the next. */
export class LastEmission {
  readonly configurations = new RouteConfigurations()
  readonly secrets: PolicyIndex
  readonly #routes = new NodeResults<Route, EnvoyRoutes, ReadMaterial>((nodes) => nodes.routes)
  readonly #findings = new Map<string, readonly Diagnostic[]>()
  #services: ReadonlyMap<string, Service> = new Map()
  readonly #keys = new Map<string, readonly string[]>()
  #resources: ReadonlyMap<string, Resource> = new Map()
  #single: ReadonlySet<string> = new Set()

  constructor(withSecrets: readonly Feature[]) {
    this.secrets = new PolicyIndex(withSecrets)
  }

  get routes(): ReadonlyMap<string, EnvoyRoutes> {
    return this.#routes.results
  }

  get diagnostics(): Diagnostic[] {
    return [...this.#findings.values()].flat()
  }

  /** Brings the routes up to date; returns those of which something else was made. */
  updateRoutes(gateway: Gateway, read: ReadMaterial, at: Cx['at'], make: (route: Route, cx: RouteCx) => Made<EnvoyRoutes>): Route[] {
    const different = new Set<Route>()
    const remade = this.#routes.update(gateway, read, (route, tracked) => {
      const { value, diagnostics } = make(route, routeCx(tracked, read, at))
      this.#note(`route/${route.name}`, diagnostics)
      if (diagnostics.length > 0) tracked.never()
      const before = this.#routes.results.get(route.name)
      if (before && equal(before, value)) return before
      different.add(route)
      return value
    })
    for (const name of remade) if (!gateway.routes.has(name)) this.#findings.delete(`route/${name}`)
    return [...different]
  }

  /** All resources: those of the services that changed are made again, the others are given. */
  updateResources(services: ReadonlyMap<string, Service>, make: (service: Service) => Made<readonly Resource[]>, others: readonly Resource[]) {
    const changes: [string, Resource | undefined][] = []
    const single = new Map(others.map((resource) => [keyOf(resource), resource]))
    for (const key of this.#single) if (!single.has(key)) changes.push([key, undefined])
    changes.push(...single)
    const again = [...this.#findings.keys()].flatMap((key) => (key.startsWith('service/') ? key.slice('service/'.length) : []))
    for (const name of new Set([...changedKeys(this.#services, services), ...again])) {
      const service = services.get(name)
      const made = service ? make(service) : { value: [], diagnostics: [] }
      this.#note(`service/${name}`, made.diagnostics)
      for (const key of this.#keys.get(name) ?? []) changes.push([key, undefined])
      changes.push(...made.value.map((resource): [string, Resource] => [keyOf(resource), resource]))
      this.#keys.set(name, made.value.map(keyOf))
    }
    this.#services = services
    this.#single = new Set(single.keys())
    this.#resources = patched(this.#resources, changes)
    return this.#resources
  }

  #note(key: string, diagnostics: readonly Diagnostic[]): void {
    if (diagnostics.length > 0) this.#findings.set(key, diagnostics)
    else this.#findings.delete(key)
  }
}

/** A route that was made with a look at a service is mostly the same after an edit of the service. */
function equal(a: EnvoyRoutes, b: EnvoyRoutes): boolean {
  const [before, after] = [a.flat(), b.flat()]
  const sameShape = a.length === b.length && a.every((alternative, index) => alternative.length === b[index]?.length)
  return sameShape && before.every((route, index) => same(route, after[index]) && same(overTls(route), after[index] && overTls(after[index])))
}

function same(a: EnvoyRoute, b: EnvoyRoute | undefined): boolean {
  return b !== undefined && Buffer.compare(deterministicBytes(RouteSchema, a), deterministicBytes(RouteSchema, b)) === 0
}

const keyOf = ({ type, name }: Resource): string => `${type}/${name}`

function routeCx(tracked: TrackedCx<ReadMaterial>, read: ReadMaterial, at: Cx['at']): RouteCx {
  return {
    ...tracked,
    at,
    read: (key) => {
      // As text, since equal content may come as another array after each compile.
      tracked.outside((now) => Buffer.from(now(key)).toString('latin1'))
      return read(key)
    },
  }
}
