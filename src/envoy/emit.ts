import { type Route as EnvoyRoute, RouteSchema } from '#gen/envoy/config/route/v3/route_components_pb.js'
import type { Diagnostic } from '../diagnostics/diagnostic.ts'
import type { Feature } from '../feature.ts'
import { checkSupport, limited } from '../model/check-support.ts'
import type { Cx } from '../model/cx.ts'
import { furtherTargets } from '../model/further-targets.ts'
import type { Gateway, Listener, Node, Route, Service } from '../model/gateway.ts'
import type { ReadMaterial } from '../model/material.ts'
import { entriesOf, type RouteTable } from '../model/rank.ts'
import type { Change, Resource, ResourceKey } from '../xds/resource.ts'
import { bootstrapLayers } from './runtime-layers.ts'
import { checkMessage, type Made } from './check-message.ts'
import { ServiceEmitter } from './emit-service.ts'
import { targetsOf } from './destination.ts'
import { hashConflicts, twoHashKeys } from './hash-conflicts.ts'
import { labelConflict } from './label-rules.ts'
import { emitListener } from './listener.ts'
import { type EnvoyRoutes, LastEmission } from './last-emission.ts'
import type { RouteCx } from './parts.ts'
import { choicesOf, hashesOnLeaving, listenerPatch, routePatches, secretResources } from './patches.ts'
import { envoyRoute, overTls } from './route.ts'
import { redirectConfiguration, type RouteInputs } from './route-configuration.ts'
import { baseExtensions, idleSlots } from './slots.ts'
import { countWays, maxVariants } from './variants.ts'

/** All resources of a gateway, by `type/name`. */
export interface ForEnvoy {
  readonly target: 'envoy'
  readonly resources: ReadonlyMap<string, Resource>
}

/** What was made, and what would be wrong with it in Envoy's eyes. */
interface Emission {
  readonly made: ForEnvoy
  readonly diagnostics: readonly Diagnostic[]
}

/**
 * Gateway → xDS resources, remembering what was made of each node: an emission costs the nodes that are other objects, and what was made with a look at them.
 * One emitter belongs to one gateway file; `features` are in the order of the feature list.
 */
export class EnvoyEmitter {
  readonly #features: readonly Feature[]
  readonly #limited: readonly Feature[]
  readonly #withSecrets: readonly Feature[]
  readonly #withTargets: readonly Feature[]
  readonly #services: ServiceEmitter
  readonly #base = [...baseExtensions()]
  readonly #listeners = new WeakMap<Listener, Resource>()
  readonly #overTls = new WeakMap<readonly EnvoyRoute[], readonly EnvoyRoute[]>()
  #last: LastEmission

  constructor(features: readonly Feature[]) {
    this.#features = features
    this.#limited = limited('envoy', features)
    this.#services = new ServiceEmitter(features)
    this.#withTargets = features.filter((feature) => feature.targets !== undefined)
    this.#withSecrets = features.filter((feature) => feature.envoy?.secrets !== undefined)
    this.#last = new LastEmission(this.#withSecrets)
  }

  /** What of a node Envoy cannot do (errors), or does differently (notes). An error means: do not emit it. */
  check(node: Node, cx: Cx): Iterable<Diagnostic> {
    return [...checkSupport('envoy', this.#limited, node, cx), ...(node.kind === 'service' ? checkSubsets(node, cx) : [])]
  }

  /** Everything, for a gateway as it was read. */
  emit(gateway: Gateway, tables: ReadonlyMap<string, RouteTable>, at: Cx['at'], read: ReadMaterial): Emission {
    try {
      return this.#emit(gateway, tables, at, read)
    } catch (error) {
      this.#last = new LastEmission(this.#withSecrets)
      throw error
    }
  }

  #emit(gateway: Gateway, tables: ReadonlyMap<string, RouteTable>, at: Cx['at'], read: ReadMaterial): Emission {
    const last = this.#last
    const others: Resource[] = [...this.#base, ...bootstrapLayers(gateway.listeners.keys())]
    for (const node of last.secrets.update(gateway)) others.push(...secretResources(this.#withSecrets, node, read))
    // Without a table no route is served, and none has to be what Envoy takes.
    const remade = tables.size === 0 ? [] : last.updateRoutes(gateway, read, at, (route, cx) => this.#route(route, cx))
    const inputs: RouteInputs = {
      remade,
      routeOf: ({ route, alternative }) => last.routes.get(route.name)?.[alternative] ?? [],
      further: (route) => furtherTargets(this.#withTargets, route).map(({ service }) => service),
      idle: idleSlots(new Map(others.map((resource) => [`${resource.type}/${resource.name}`, resource]))),
    }
    for (const listener of gateway.listeners.values()) {
      others.push(this.#listener(listener), this.#routeConfiguration(gateway, listener, tables.get(listener.name), inputs))
    }
    const resources = last.updateResources(gateway.services, (service) => this.service(service, at), others)
    return { made: { target: 'envoy', resources }, diagnostics: last.diagnostics }
  }

  /** One service alone: what a live change of its endpoints costs. */
  service(service: Service, at: Cx['at']): Made<readonly Resource[]> {
    return this.#services.emit(service, at)
  }

  #listener(listener: Listener): Resource {
    const before = this.#listeners.get(listener)
    if (before) return before
    const made = emitListener(listener, listenerPatch(this.#features, listener))
    this.#listeners.set(listener, made)
    return made
  }

  #routeConfiguration(gateway: Gateway, listener: Listener, table: RouteTable | undefined, inputs: RouteInputs): Resource {
    const target = listener.redirectTo === undefined ? undefined : gateway.listeners.get(listener.redirectTo)
    if (target) {
      const scheme = listenerPatch(this.#features, target).transportSocket ? 'https' : 'http'
      return redirectConfiguration(listener, target, scheme, inputs.idle)
    }
    if (!table) throw new Error(`no route table was made for listener ${listener.name}`)
    if (!listenerPatch(this.#features, listener).transportSocket) return this.#last.configurations.make(listener, table, inputs)
    return this.#last.configurations.make(listener, table, { ...inputs, routeOf: (entry) => this.#secure(inputs.routeOf(entry)) })
  }

  #secure(routes: readonly EnvoyRoute[]): readonly EnvoyRoute[] {
    const before = this.#overTls.get(routes)
    if (before) return before
    const made = routes.map(overTls)
    const secure = made.every((route, index) => route === routes[index]) ? routes : made
    this.#overTls.set(routes, secure)
    return secure
  }

  #route(route: Route, cx: RouteCx): Made<EnvoyRoutes> {
    const diagnostics: Diagnostic[] = []
    const value = entriesOf(route).map((entry) => {
      const choices = choicesOf(this.#features, entry, cx)
      const count = countWays(choices)
      if (count > maxVariants) {
        diagnostics.push(tooManyVariants(route, count, cx))
        return []
      }
      return routePatches(this.#features, entry, choices, cx).map(({ patch, ...options }) => {
        const conflict = labelConflict(targetsOf(route, patch))
        if (conflict !== undefined) diagnostics.push({ code: 'envoy/unsupported', severity: 'error', message: conflict, at: cx.at(route, ['to']) })
        return envoyRoute(entry, patch, options)
      })
    })
    for (const message of value.flat()) diagnostics.push(...checkMessage(RouteSchema, message, () => cx.at(route)))
    return { value, diagnostics: [...diagnostics, ...this.#hashFindings(route, value, cx)] }
  }

  /** A target is chosen by the hash of the request as it came, an endpoint by that of the request as it leaves. */
  #hashFindings(route: Route, made: EnvoyRoutes, cx: Cx): Diagnostic[] {
    const leaving = entriesOf(route).flatMap((entry, index) => (hashesOnLeaving(this.#features, entry, cx) ? (made[index] ?? []) : []))
    return hashFindings(route, leaving, cx)
  }
}

/** A cluster has one answer for a set of labels that nobody carries, whatever route asks. */
function checkSubsets(service: Service, cx: Cx): Diagnostic[] {
  return service.subsets.flatMap(({ names, mixed }) =>
    mixed
      ? {
          code: 'envoy/unsupported',
          severity: 'error' as const,
          message: `routes to service ${service.name} do not agree on \`otherwise\` for the labels ${names.join(', ')}, and Envoy takes one answer for all of them`,
          at: cx.at(service, [], 'key'),
        }
      : [],
  )
}

function tooManyVariants(route: Route, count: number, cx: Cx): Diagnostic {
  return {
    code: 'envoy/too-many-variants',
    severity: 'error',
    message: `route ${route.name} would become ${count} routes in Envoy, one for each combination of what its policies tell requests apart by; at most ${maxVariants} are accepted`,
    at: cx.at(route, [], 'key'),
    help: 'use fewer conditions in its policies, or split the route',
  }
}

/** What is different between two emissions, both by `type/name`; of the first, versions are enough. */
export function changeBetween(before: ReadonlyMap<string, ResourceKey & { readonly version: string }>, after: ReadonlyMap<string, Resource>): Change {
  const put: Resource[] = []
  const remove: ResourceKey[] = []
  for (const [key, resource] of after) {
    const old = before.get(key)
    if (old !== resource && old?.version !== resource.version) put.push(resource)
  }
  for (const [key, { type, name }] of before) if (!after.has(key)) remove.push({ type, name })
  return { put, remove }
}

function hashFindings(route: Route, made: readonly EnvoyRoute[], cx: Cx): Diagnostic[] {
  if (made.some(twoHashKeys)) return [twoKeys(route, cx)]
  return [...new Set(made.flatMap(hashConflicts))].map((conflict) => ({
    code: 'envoy/hash-after-change',
    severity: 'error',
    message: `route ${route.name} has nothing left to hash: on Envoy ${conflict}`,
    at: cx.at(route, ['to']),
    help: 'hash another attribute, or leave this one as the client sent it',
  }))
}

function twoKeys(route: Route, cx: Cx): Diagnostic {
  return {
    code: 'envoy/two-hash-keys',
    severity: 'error',
    message: `route ${route.name} chooses its target by one attribute and the endpoint by another; Envoy has one hash for both`,
    at: cx.at(route, ['to']),
    help: 'use the same attribute for `by` of the route and `key` of the service, or another strategy for the service',
  }
}
