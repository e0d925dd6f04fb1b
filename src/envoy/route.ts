import { create, type Message, type MessageInitShape } from '@bufbuild/protobuf'
import type { Any } from '@bufbuild/protobuf/wkt'
import type { MetadataSchema } from '#gen/envoy/config/core/v3/base_pb.js'
import { type Route as EnvoyRoute, type RouteActionSchema, RouteSchema } from '#gen/envoy/config/route/v3/route_components_pb.js'
import { ConfigSchema } from '#gen/envoy/extensions/filters/http/header_to_metadata/v3/header_to_metadata_pb.js'
import { compare } from '../lib/compare.ts'
import { canonical } from '../model/canonical.ts'
import type { Route, Target } from '../model/gateway.ts'
import { type Entry, entryName } from '../model/rank.ts'
import { filterChain } from './chain.ts'
import { duration } from './duration.ts'
import type { RoutePatch, VariantConditions } from './parts.ts'
import { sharedRetryPolicy } from './retry-policies.ts'
import { routeMatch } from './route-match.ts'
import { perRouteConfig, type SlotName } from './slots.ts'

/** Default time for the whole of a request, in milliseconds (Envoy's own default, written out). */
const requestTimeoutMs = 15_000

type Fields = Exclude<MessageInitShape<typeof RouteSchema>, { $typeName: string }>
type Forward = Exclude<MessageInitShape<typeof RouteActionSchema>, { $typeName: string }>

/** Route → the Envoy route of one of its match alternatives, under further conditions or none. All variants have the name of the entry. */
export function envoyRoute(entry: Entry, patch: RoutePatch, when: VariantConditions = {}): EnvoyRoute {
  return create(RouteSchema, {
    name: entryName(entry),
    match: routeMatch(entry.match, when),
    action: action(entry.route, patch),
    requestHeadersToAdd: [...(patch.requestHeadersToAdd ?? [])],
    requestHeadersToRemove: [...(patch.requestHeadersToRemove ?? [])],
    responseHeadersToAdd: [...(patch.responseHeadersToAdd ?? [])],
    responseHeadersToRemove: [...(patch.responseHeadersToRemove ?? [])],
    typedPerFilterConfig: perFilter({ ...patch.perFilter, ...metadataFilter(patch), ...ownFilters(patch) }),
  })
}

/** Several features may note facts of a request; their rules share one filter. */
function metadataFilter(patch: RoutePatch): Readonly<Partial<Record<SlotName, Message>>> {
  if (!patch.metadataRules) return {}
  return { 'header-to-metadata': create(ConfigSchema, { requestRules: [...patch.metadataRules] }) }
}

function ownFilters({ chain }: RoutePatch): Readonly<Partial<Record<SlotName, Message>>> {
  return chain ? { 'filter-chain': filterChain(chain) } : {}
}

function action(route: Route, patch: RoutePatch): NonNullable<Fields['action']> {
  if (patch.redirect) return { case: 'redirect', value: patch.redirect }
  if (patch.respond) return { case: 'directResponse', value: patch.respond }
  if (route.action.type !== 'forward') throw new Error(`no feature made an action for route ${route.name}`)
  const value: Forward = {
    timeout: duration(requestTimeoutMs),
    ...destination(route.action.targets, patch),
    ...patch.forward,
    ...hashPolicies(patch),
  }
  return { case: 'route', value: patch.retry ? { ...value, retryPolicy: sharedRetryPolicy(patch.retry) } : value }
}

/** The same policy of two features is one: two would be hashed together. */
function hashPolicies({ forward }: RoutePatch): Pick<Forward, 'hashPolicy'> {
  const policies = forward?.hashPolicy ?? []
  if (policies.length < 2) return {}
  return { hashPolicy: [...new Map(policies.map((policy) => [canonical(policy), policy])).values()] }
}

function destination(own: readonly Target[], patch: RoutePatch): Pick<Forward, 'clusterSpecifier' | 'metadataMatch'> {
  const { targets = own, byHash } = patch.destination ?? {}
  const [only, ...others] = targets
  if (only && others.length === 0) {
    return { clusterSpecifier: { case: 'cluster', value: only.service }, ...(hasLabels(only) ? { metadataMatch: labels(only) } : {}) }
  }
  const clusters = targets.map((target) => ({
    name: target.service,
    weight: target.weight,
    ...(hasLabels(target) ? { metadataMatch: labels(target) } : {}),
  }))
  return {
    clusterSpecifier: {
      case: 'weightedClusters',
      value: { clusters, ...(byHash ? { randomValueSpecifier: { case: 'useHashPolicy' as const, value: { value: true } } } : {}) },
    },
  }
}

function hasLabels(target: Target): boolean {
  return Object.keys(target.labels).length > 0
}

function labels(target: Target): MessageInitShape<typeof MetadataSchema> {
  return { filterMetadata: { 'envoy.lb': Object.fromEntries(Object.entries(target.labels).sort(([a], [b]) => compare(a, b))) } }
}

function perFilter(messages: Readonly<Partial<Record<SlotName, Message>>>): Record<string, Any> {
  const entries = Object.entries(messages).sort(([a], [b]) => compare(a, b))
  return Object.fromEntries(entries.map(([slot, message]) => [slot, perRouteConfig(slot as SlotName, message)]))
}
