import type { Feature } from '../feature.ts'
import type { Cx } from '../model/cx.ts'
import type { Listener, Node, Protocol, Service, Target } from '../model/gateway.ts'
import type { Entry } from '../model/rank.ts'
import type { ReadMaterial } from '../model/material.ts'
import type { Resource } from '../xds/resource.ts'
import { targetsOf } from './destination.ts'
import { layTogether } from './lay-together.ts'
import type { ListenerPatch } from './listener-patch.ts'
import type { ClusterPatch, EnvoyParts, RouteCx, RoutePatch, VariantConditions } from './parts.ts'
import { type Choice, waysOf } from './variants.ts'

type Part = { readonly value: unknown; readonly envoy: EnvoyParts<unknown> }

/** Asks every feature that has a value on the node, in the order of the feature list. */
function partsOf(features: readonly Feature[], node: Node): Part[] {
  return features.flatMap((feature) => {
    const value = node.policies[feature.name]
    return value === undefined || !feature.envoy ? [] : [{ value, envoy: feature.envoy }]
  })
}

/** What the features make of one entry: for each its variants, and what holds for all other requests. */
export function choicesOf(features: readonly Feature[], { route, match }: Entry, cx: RouteCx): Choice[] {
  return partsOf(features, route).map(({ value, envoy }) => ({
    variants: envoy.variants?.(value, route, match, cx) ?? [],
    otherwise: envoy.route?.(value, route, match, cx) ?? {},
  }))
}

/** The patch of each Envoy route of an entry, in their order, and how the service that speaks for it is spoken to. */
export function routePatches(
  features: readonly Feature[],
  entry: Entry,
  choices: readonly Choice[],
  cx: Cx,
): { readonly when: Required<VariantConditions>; readonly patch: RoutePatch; readonly protocol: Protocol | undefined }[] {
  const service = speaker(entry, cx)
  const ofService = service ? servicePatches(features, service, entry, cx) : []
  return waysOf(choices).map(({ when, patches }) => {
    const patch = layTogether([...patches, ...ofService])
    return { when, patch: { ...patch, ...targetFilters(features, targetsOf(entry.route, patch), cx) }, protocol: service?.protocol }
  })
}

function targetFilters(features: readonly Feature[], targets: readonly Target[], cx: Cx): Pick<RoutePatch, 'targetFilters'> {
  const found = targets.flatMap(({ service: name }) => {
    const service = cx.service(name)
    const own = service ? partsOf(features, service).flatMap(({ value, envoy }) => envoy.target?.(value, service) ?? []) : []
    return own.length === 0 ? [] : [[name, layTogether(own)] as const]
  })
  return found.length === 0 ? {} : { targetFilters: new Map(found) }
}

/** Whether the service that speaks for the route has something hashed of each request as it is about to leave. */
export function hashesOnLeaving(features: readonly Feature[], entry: Entry, cx: Cx): boolean {
  const service = speaker(entry, cx)
  return service !== undefined && servicePatches(features, service, entry, cx).some(({ forward }) => (forward?.hashPolicy ?? []).length > 0)
}

/** The first target speaks for a weighted route. */
function speaker({ route }: Entry, cx: Cx): Service | undefined {
  const name = route.action.type === 'forward' ? route.action.targets[0]?.service : undefined
  return name === undefined ? undefined : cx.service(name)
}

/** A service's own word on how it is to be reached, such as what to hash. */
function servicePatches(features: readonly Feature[], service: Service, { route, match }: Entry, cx: Cx): RoutePatch[] {
  return partsOf(features, service).map(({ value, envoy }) => envoy.serviceRoute?.(value, service, route, match, cx) ?? {})
}

export function clusterPatch(features: readonly Feature[], service: Service): ClusterPatch {
  return layTogether(partsOf(features, service).map(({ value, envoy }) => envoy.cluster?.(value, service) ?? {}))
}

export function listenerPatch(features: readonly Feature[], listener: Listener): ListenerPatch {
  return layTogether(partsOf(features, listener).map(({ value, envoy }) => envoy.listener?.(value, listener) ?? {}))
}

export function secretResources(features: readonly Feature[], node: Node, read: ReadMaterial): Resource[] {
  return partsOf(features, node).flatMap(({ value, envoy }) => [...(envoy.secrets?.(value, node, read) ?? [])])
}

/** Time after which new endpoints of a service can be expected to take traffic, in milliseconds. */
export function settleMs(features: readonly Feature[], service: Service): number {
  return Math.max(0, ...partsOf(features, service).map(({ value, envoy }) => envoy.settleMs?.(value, service) ?? 0))
}
