import { create, type Message, type MessageInitShape } from '@bufbuild/protobuf'
import { HeaderValueOption_HeaderAppendAction } from '#gen/envoy/config/core/v3/base_pb.js'
import { type Route as EnvoyRoute, type RouteActionSchema, RouteSchema } from '#gen/envoy/config/route/v3/route_components_pb.js'
import { ConfigSchema } from '#gen/envoy/extensions/filters/http/header_to_metadata/v3/header_to_metadata_pb.js'
import { canonical } from '../model/canonical.ts'
import type { Protocol, Route } from '../model/gateway.ts'
import { type Entry, entryName } from '../model/rank.ts'
import { filterChain } from './chain.ts'
import { destination, targetsOf } from './destination.ts'
import { duration } from './duration.ts'
import { labelRules } from './label-rules.ts'
import type { RoutePatch, VariantConditions } from './parts.ts'
import { sharedRetryPolicy } from './retry-policies.ts'
import { routeMatch } from './route-match.ts'
import { perFilter } from './per-filter.ts'
import type { SlotName } from './slots.ts'

const ifAbsent = HeaderValueOption_HeaderAppendAction.ADD_IF_ABSENT

/** A gRPC caller gives its own deadline, and a stream without one ends when nothing is said on it for long enough. */
const grpcLimits = { timeout: duration(0), maxStreamDuration: { grpcTimeoutHeaderMax: duration(0) } }

type Fields = Exclude<MessageInitShape<typeof RouteSchema>, { $typeName: string }>
type Forward = Exclude<MessageInitShape<typeof RouteActionSchema>, { $typeName: string }>

/** What an Envoy route is besides its patch. */
export interface RouteOptions {
  /** Conditions besides the match. All variants have the name of the entry. */
  readonly when?: VariantConditions
  /** How the service that speaks for the route is spoken to. */
  readonly protocol?: Protocol | undefined
}

const secureForms = new WeakMap<EnvoyRoute, EnvoyRoute>()

/** The route as it is on a listener that speaks TLS; the same object where that makes no difference. */
export function overTls(route: EnvoyRoute): EnvoyRoute {
  return secureForms.get(route) ?? route
}

/** Route → the Envoy route of one of its match alternatives. */
export function envoyRoute(entry: Entry, patch: RoutePatch, options: RouteOptions = {}): EnvoyRoute {
  const { responseHeadersOverTls: more = [], ...rest } = patch
  const plain = routeOf(entry, rest, options)
  if (more.length === 0) return plain
  secureForms.set(plain, routeOf(entry, { ...rest, responseHeadersToAdd: [...(rest.responseHeadersToAdd ?? []), ...more] }, options))
  return plain
}

function routeOf(entry: Entry, patch: RoutePatch, { when = {}, protocol }: RouteOptions): EnvoyRoute {
  return create(RouteSchema, {
    name: entryName(entry),
    match: routeMatch(entry.match, when),
    action: action(entry.route, patch, protocol),
    ...(patch.statPrefix === undefined ? {} : { statPrefix: patch.statPrefix }),
    requestHeadersToAdd: [...(patch.requestHeadersToAdd ?? [])],
    requestHeadersToRemove: [...(patch.requestHeadersToRemove ?? [])],
    responseHeadersToAdd: withoutDefaults(patch.responseHeadersToAdd ?? []),
    responseHeadersToRemove: [...(patch.responseHeadersToRemove ?? [])],
    typedPerFilterConfig: perFilter({
      ...patch.perFilter,
      ...metadataFilter(entry, patch),
      ...ownFilters(patch),
      ...onlyTargetFilters(entry.route, patch),
    }),
  })
}

/** Envoy looks for what is absent before it adds anything, so a default would stand beside what another feature sets. */
function withoutDefaults(headers: NonNullable<RoutePatch['responseHeadersToAdd']>): NonNullable<RoutePatch['responseHeadersToAdd']>[number][] {
  const given = new Set(headers.flatMap(({ header, appendAction }) => (appendAction === ifAbsent ? [] : [header?.key])))
  return headers.filter(({ header, appendAction }) => appendAction !== ifAbsent || !given.has(header?.key))
}

/** Several features may note facts of a request; their rules share one filter. */
function metadataFilter({ route, match }: Entry, patch: RoutePatch): Readonly<Partial<Record<SlotName, Message>>> {
  const requestRules = [...(patch.metadataRules ?? []), ...labelRules(targetsOf(route, patch), match)]
  return requestRules.length === 0 ? {} : { 'header-to-metadata': create(ConfigSchema, { requestRules }) }
}

function ownFilters({ chain }: RoutePatch): Readonly<Partial<Record<SlotName, Message>>> {
  return chain ? { 'filter-chain': filterChain(chain) } : {}
}

function action(route: Route, patch: RoutePatch, protocol: Protocol | undefined): NonNullable<Fields['action']> {
  if (patch.redirect) return { case: 'redirect', value: patch.redirect }
  if (patch.respond) return { case: 'directResponse', value: patch.respond }
  if (route.action.type !== 'forward') throw new Error(`no feature made an action for route ${route.name}`)
  // Others end after 15 s, Envoy's own default. It is not written: reading a duration is a sixteenth of what a plain route costs in a push.
  const limits = protocol === 'grpc' ? grpcLimits : {}
  const value: Forward = { ...limits, ...destination(targetsOf(route, patch), patch), ...patch.forward, ...hashPolicies(patch) }
  return { case: 'route', value: patch.retry ? { ...value, retryPolicy: sharedRetryPolicy(patch.retry) } : value }
}

/** With one target its filters are the route's; with several each has its own. */
function onlyTargetFilters(route: Route, patch: RoutePatch): Readonly<Partial<Record<SlotName, Message>>> {
  const [only, ...others] = targetsOf(route, patch)
  return (others.length === 0 && only && patch.targetFilters?.get(only.service)) || {}
}

/** The same policy of two features is one: two would be hashed together. */
function hashPolicies({ forward }: RoutePatch): Pick<Forward, 'hashPolicy'> {
  const policies = forward?.hashPolicy ?? []
  if (policies.length < 2) return {}
  return { hashPolicy: [...new Map(policies.map((policy) => [canonical(policy), policy])).values()] }
}
