import { create, type DescMessage, type Message } from '@bufbuild/protobuf'
import type { Any } from '@bufbuild/protobuf/wkt'
import { TypedExtensionConfigSchema } from '#gen/envoy/config/core/v3/extension_pb.js'
import { FilterConfigSchema } from '#gen/envoy/config/route/v3/route_components_pb.js'
import { ApiKeyAuthPerRouteSchema, ApiKeyAuthSchema } from '#gen/envoy/extensions/filters/http/api_key_auth/v3/api_key_auth_pb.js'
import { BufferPerRouteSchema, BufferSchema } from '#gen/envoy/extensions/filters/http/buffer/v3/buffer_pb.js'
import { CompressorPerRouteSchema, CompressorSchema } from '#gen/envoy/extensions/filters/http/compressor/v3/compressor_pb.js'
import { CorsPolicySchema, CorsSchema } from '#gen/envoy/extensions/filters/http/cors/v3/cors_pb.js'
import { CustomResponseSchema } from '#gen/envoy/extensions/filters/http/custom_response/v3/custom_response_pb.js'
import { ExternalProcessorSchema, ExtProcPerRouteSchema } from '#gen/envoy/extensions/filters/http/ext_proc/v3/ext_proc_pb.js'
import { HTTPFaultSchema } from '#gen/envoy/extensions/filters/http/fault/v3/fault_pb.js'
import { FilterChainConfigPerRouteSchema, FilterChainConfigSchema } from '#gen/envoy/extensions/filters/http/filter_chain/v3/filter_chain_pb.js'
import { GrpcJsonTranscoderSchema } from '#gen/envoy/extensions/filters/http/grpc_json_transcoder/v3/transcoder_pb.js'
import { ConfigSchema as HeaderToMetadataSchema } from '#gen/envoy/extensions/filters/http/header_to_metadata/v3/header_to_metadata_pb.js'
import { JwtAuthenticationSchema, PerRouteConfigSchema as JwtPerRouteSchema } from '#gen/envoy/extensions/filters/http/jwt_authn/v3/config_pb.js'
import { LocalRateLimitSchema } from '#gen/envoy/extensions/filters/http/local_ratelimit/v3/local_rate_limit_pb.js'
import { LuaPerRouteSchema, LuaSchema } from '#gen/envoy/extensions/filters/http/lua/v3/lua_pb.js'
import { RateLimitPerRouteSchema, RateLimitSchema } from '#gen/envoy/extensions/filters/http/ratelimit/v3/rate_limit_pb.js'
import { RBACPerRouteSchema, RBACSchema } from '#gen/envoy/extensions/filters/http/rbac/v3/rbac_pb.js'
import { StatefulSessionPerRouteSchema, StatefulSessionSchema } from '#gen/envoy/extensions/filters/http/stateful_session/v3/stateful_session_pb.js'
import type { Resource } from '../xds/resource.ts'
import { any, anyOf } from './any.ts'
import { luaPrograms } from './lua-programs.ts'
import { toResource } from './resource.ts'
import { brotli, emptyBuffer, emptyExtProc, emptyLimits, emptyRateLimit, emptyTranscoder, gzip } from './slot-defaults.ts'

/**
 * How a filter comes to act on a route.
 * - `optional`: shipped switched off; a per-route message switches it on (and replaces its configuration).
 * - `always`: on for every route, configured in one place; a route leaves it with `FilterConfig {disabled: true}`. While its configuration is the
 *   empty one, all routes do (decision 0002). So the file says whether it is used at all: what live facts fill, such as revocations, holds an
 *   entry from the moment that the file asks for it.
 * - `chain`: shipped switched off; the route brings its own list of filters, for those without per-route configuration of their own.
 */
type Placement = 'optional' | 'always' | 'chain'

/** One fixed place in the HTTP filter chain. */
export interface Slot {
  /** Name of the filter, key of its per-route message, and, with `ecds`, name of its extension resource. */
  readonly name: string
  readonly type: DescMessage
  /** Type of the message that a route may carry; without it a route can only switch the filter off. */
  readonly perRoute?: DescMessage
  readonly placement: Placement
  /** The configuration is a resource of its own (ECDS), so it changes without touching the listener. */
  readonly ecds: boolean
  /** Configuration that lets every request pass. */
  readonly empty: Message
  /** Why the filter stands here, in this placement. */
  readonly reason: string
}

const optional = { placement: 'optional', ecds: false } as const
const optionalLive = { placement: 'optional', ecds: true } as const
const always = { placement: 'always', ecds: true } as const

/**
 * The HTTP filter chain of every listener, in order; the router follows. Removal of the gateway's own headers comes before it (early header mutation).
 * The chain never changes with the configuration: changing it would drain every connection.
 */
export const slots = [
  {
    name: 'cors',
    ...optional,
    type: CorsSchema,
    perRoute: CorsPolicySchema,
    empty: create(CorsSchema),
    reason: 'first: a preflight carries no credentials, and refusals of later filters get CORS headers',
  },
  {
    name: 'limits-ip',
    ...always,
    type: LocalRateLimitSchema,
    empty: emptyLimits('limits-ip', 2),
    reason: 'before signatures are checked, so that a flood from one address stays cheap; stage 2 of route.rate_limits',
  },
  {
    name: 'jwt',
    ...optionalLive,
    type: JwtAuthenticationSchema,
    perRoute: JwtPerRouteSchema,
    empty: create(JwtAuthenticationSchema),
    reason: 'identity before everything that asks for it; keys rotate by ECDS',
  },
  {
    name: 'api-key',
    ...optionalLive,
    type: ApiKeyAuthSchema,
    perRoute: ApiKeyAuthPerRouteSchema,
    empty: create(ApiKeyAuthSchema),
    reason: 'the other identity; keys stand in the base, routes only say who may come',
  },
  {
    name: 'revocation-recent',
    ...always,
    type: RBACSchema,
    empty: create(RBACSchema),
    reason: 'needs the token id; short list, so that one revocation is a small push',
  },
  {
    name: 'revocation-base',
    ...always,
    type: RBACSchema,
    empty: create(RBACSchema),
    reason: 'long list, compacted rarely; two filters because more would cost every request',
  },
  {
    name: 'rbac-ip',
    ...optional,
    type: RBACSchema,
    perRoute: RBACPerRouteSchema,
    empty: create(RBACSchema),
    reason: 'address rules apart from authorization: overrides replace and never merge',
  },
  {
    name: 'rbac-authz',
    ...optional,
    type: RBACSchema,
    perRoute: RBACPerRouteSchema,
    empty: create(RBACSchema),
    reason: 'after every identity, before limits: a refused caller uses up no quota',
  },
  {
    name: 'limits-a',
    ...always,
    type: LocalRateLimitSchema,
    empty: emptyLimits('limits-a', 1),
    reason: 'limits by identity; filter-level buckets survive route changes, a change of the resource refills only its own',
  },
  {
    name: 'limits-b',
    ...always,
    type: LocalRateLimitSchema,
    empty: emptyLimits('limits-b', 1),
    reason: 'second group of buckets, so that editing one limit keeps the others',
  },
  {
    name: 'ratelimit',
    ...optionalLive,
    type: RateLimitSchema,
    perRoute: RateLimitPerRouteSchema,
    empty: emptyRateLimit,
    reason: 'shared limits cost a call, so local ones refuse first; stage 0',
  },
  {
    name: 'header-to-metadata',
    ...optional,
    type: HeaderToMetadataSchema,
    perRoute: HeaderToMetadataSchema,
    empty: create(HeaderToMetadataSchema),
    reason: 'after authorization: subset keys and the mark of replies that stay as written',
  },
  {
    name: 'lua',
    ...optional,
    type: LuaSchema,
    perRoute: LuaPerRouteSchema,
    empty: luaPrograms,
    reason: 'edits the query: after what was noted of the request as it came, before everything that reads it as the service will',
  },
  {
    name: 'filter-chain',
    placement: 'chain',
    ecds: false,
    type: FilterChainConfigSchema,
    perRoute: FilterChainConfigPerRouteSchema,
    empty: create(FilterChainConfigSchema),
    reason: 'body size limit, gRPC-Web, cache: filters without per-route configuration',
  },
  {
    name: 'ext-proc',
    ...optionalLive,
    type: ExternalProcessorSchema,
    perRoute: ExtProcPerRouteSchema,
    empty: emptyExtProc,
    reason: 'calls out only for requests that passed every cheap check',
  },
  {
    name: 'buffer',
    ...optional,
    type: BufferSchema,
    perRoute: BufferPerRouteSchema,
    empty: emptyBuffer,
    reason: 'holds what the caller was allowed to send',
  },
  {
    name: 'grpc-json-transcoder',
    ...optional,
    type: GrpcJsonTranscoderSchema,
    perRoute: GrpcJsonTranscoderSchema,
    empty: emptyTranscoder,
    reason: 'sees the request as every check above saw it',
  },
  {
    name: 'custom-response',
    ...optional,
    type: CustomResponseSchema,
    perRoute: CustomResponseSchema,
    empty: create(CustomResponseSchema),
    reason: 'fallback bodies, close to the upstream',
  },
  {
    name: 'stateful-session',
    ...optional,
    type: StatefulSessionSchema,
    perRoute: StatefulSessionPerRouteSchema,
    empty: create(StatefulSessionSchema),
    reason: 'picks the host, so nothing after it may choose another',
  },
  {
    name: 'compressor-br',
    ...optional,
    type: CompressorSchema,
    perRoute: CompressorPerRouteSchema,
    empty: brotli,
    reason: 'before gzip: preferred when the client takes both',
  },
  {
    name: 'compressor-gzip',
    ...optional,
    type: CompressorSchema,
    perRoute: CompressorPerRouteSchema,
    empty: gzip,
    reason: 'for clients without brotli',
  },
  {
    name: 'fault',
    ...optional,
    type: HTTPFaultSchema,
    perRoute: HTTPFaultSchema,
    empty: create(HTTPFaultSchema),
    reason: 'last: an injected fault looks like one of the upstream',
  },
] as const satisfies readonly Slot[]

export type SlotName = (typeof slots)[number]['name']

const byName: ReadonlyMap<string, Slot> = new Map(slots.map((slot) => [slot.name, slot]))

/** The slot of that name. Throws for an unknown one: Envoy would silently ignore it. */
function slotOf(name: SlotName): Slot {
  const slot = byName.get(name)
  if (!slot) throw new TypeError(`no filter slot is called ${String(name)}`)
  return slot
}

/**
 * The value of `typed_per_filter_config[name]`. Throws when the slot takes no per-route message or one of another type:
 * Envoy accepts both in silence, and then drops the setting of the virtual host as well.
 */
export function perRouteConfig(name: SlotName, message: Message): Any {
  const { perRoute } = slotOf(name)
  if (!perRoute) throw new TypeError(`filter slot ${name} takes no per-route configuration`)
  if (message.$typeName !== perRoute.typeName)
    throw new TypeError(`filter slot ${name} takes ${perRoute.typeName} on a route, not ${message.$typeName}`)
  return anyOf(perRoute, message)
}

/** The value of `typed_per_filter_config[name]` that takes a route (or virtual host) out of a filter that is always on. Throws for any other slot, which is off anyway. */
export function optOut(name: SlotName): Any {
  if (slotOf(name).placement !== 'always') throw new TypeError(`filter slot ${name} is not always on`)
  return any(FilterConfigSchema, { disabled: true })
}

/** The configuration of an ECDS slot as a resource. Throws for a slot without ECDS and for a message of another type. */
export function extension(name: SlotName, message: Message): Resource {
  const slot = slotOf(name)
  if (!slot.ecds) throw new TypeError(`filter slot ${name} is not configured by ECDS`)
  const config = create(TypedExtensionConfigSchema, { name, typedConfig: anyOf(slot.type, message) })
  return toResource({ type: 'extension', name }, TypedExtensionConfigSchema, config)
}

/** The ECDS resources that must be served at all times, with contents that let everything pass; a missing one makes every request fail with 500. */
export function baseExtensions(): Resource[] {
  return slots.filter((slot) => slot.ecds).map((slot) => extension(slot.name, slot.empty))
}

/** Slots that are on and need not run for any route, because of these resources theirs is the one that lets everything pass. */
export function idleSlots(resources: ReadonlyMap<string, Resource>): SlotName[] {
  const idle = (slot: Slot): boolean => resources.get(`extension/${slot.name}`)?.version === emptyVersions.get(slot.name)
  return slots.filter((slot: Slot) => slot.placement === 'always' && idle(slot)).map(({ name }) => name)
}

const emptyVersions: ReadonlyMap<string, string> = new Map(baseExtensions().map(({ name, version }) => [name, version]))
