import type { DescMessage, Message, MessageInitShape } from '@bufbuild/protobuf'
import type { Cluster_CommonLbConfigSchema, ClusterSchema } from '#gen/envoy/config/cluster/v3/cluster_pb.js'
import type { CircuitBreakers_ThresholdsSchema } from '#gen/envoy/config/cluster/v3/circuit_breaker_pb.js'
import type { ClusterLoadAssignment_PolicySchema } from '#gen/envoy/config/endpoint/v3/endpoint_pb.js'
import type { HeaderValueOptionSchema } from '#gen/envoy/config/core/v3/base_pb.js'
import type {
  CookieMatcherSchema,
  DirectResponseActionSchema,
  HeaderMatcherSchema,
  RedirectActionSchema,
  RetryPolicySchema,
  RouteActionSchema,
} from '#gen/envoy/config/route/v3/route_components_pb.js'
import type { Config_RuleSchema } from '#gen/envoy/extensions/filters/http/header_to_metadata/v3/header_to_metadata_pb.js'
import type { HttpProtocolOptionsSchema } from '#gen/envoy/extensions/upstreams/http/v3/http_protocol_options_pb.js'
import type { Cx } from '../model/cx.ts'
import type { ReadMaterial } from '../model/material.ts'
import type { Listener, Match, Node, Route, Service, Target } from '../model/gateway.ts'
import type { Limit } from '../model/limit.ts'
import type { Resource, ResourceKey } from '../xds/resource.ts'
import type { ChainName } from './chain.ts'
import type { ListenerPatch } from './listener-patch.ts'
import type { SlotName } from './slots.ts'

type Fields<S extends DescMessage> = Exclude<MessageInitShape<S>, Message>

/**
 * What one feature adds to the Envoy route of one route. Patches of all features are laid together field by field;
 * lists are joined in feature order, and two writers of one other field are a defect that fails the compile.
 */
export interface RoutePatch {
  readonly redirect?: Fields<typeof RedirectActionSchema>
  readonly respond?: Fields<typeof DirectResponseActionSchema>
  /** Other targets than those of the route, and whether one hash policy of `forward` chooses among several. */
  readonly destination?: { readonly targets?: readonly Target[]; readonly byHash?: true }
  /** Fields of the forward action; ignored when the route does not forward. */
  readonly forward?: Fields<typeof RouteActionSchema>
  /** Fields of the forward action's retry policy. */
  readonly retry?: Fields<typeof RetryPolicySchema>
  /** Rules by which the route notes facts of a request for later filters. */
  readonly metadataRules?: readonly MessageInitShape<typeof Config_RuleSchema>[]
  /** Name of statistics of the route, for routes whose calls are counted apart. */
  readonly statPrefix?: string
  readonly requestHeadersToAdd?: readonly Fields<typeof HeaderValueOptionSchema>[]
  readonly requestHeadersToRemove?: readonly string[]
  readonly responseHeadersToAdd?: readonly Fields<typeof HeaderValueOptionSchema>[]
  /** Only on listeners that speak TLS. */
  readonly responseHeadersOverTls?: readonly Fields<typeof HeaderValueOptionSchema>[]
  readonly responseHeadersToRemove?: readonly string[]
  /** Filters that the route brings itself, inside the slot `filter-chain`. */
  readonly chain?: Readonly<Partial<Record<ChainName, Message>>>
  /** Per-route messages of the slots that this route switches on. */
  readonly perFilter?: Readonly<Partial<Record<SlotName, Message>>>
  /** The same for requests that are sent to one of the targets, by the name of its service; filled in from `EnvoyParts.target`. */
  readonly targetFilters?: ReadonlyMap<string, Readonly<Partial<Record<SlotName, Message>>>>
}

/** What a request must have besides the match of its route; all of it together. */
export interface VariantConditions {
  readonly headers?: readonly MessageInitShape<typeof HeaderMatcherSchema>[]
  /** Of several cookies of one name Envoy looks at the first. */
  readonly cookies?: readonly MessageInitShape<typeof CookieMatcherSchema>[]
}

/** One way in which a feature treats some requests of a route otherwise. `match` of the model knows no variants: the route stays the same. */
export interface Variant {
  readonly when: VariantConditions
  /** Stands in the place of what the feature's `route` gives. */
  readonly patch: RoutePatch
}

/** What one feature adds to the load assignment of one service. */
export interface AssignmentPatch {
  readonly policy?: Fields<typeof ClusterLoadAssignment_PolicySchema>
  /** Priority of the endpoints of a zone (undefined: of those without one), 0 the highest, without gaps. Absent: all have 0. */
  readonly priorityOf?: (zone: string | undefined) => number
}

/** What one feature adds to the cluster of one service; laid together as RoutePatch is. */
export interface ClusterPatch {
  readonly cluster?: Fields<typeof ClusterSchema>
  readonly commonLb?: Fields<typeof Cluster_CommonLbConfigSchema>
  readonly thresholds?: Fields<typeof CircuitBreakers_ThresholdsSchema>
  readonly http?: Fields<typeof HttpProtocolOptionsSchema>
  /** How the endpoints of the service stand to each other. */
  readonly assignment?: AssignmentPatch
  /** What the cluster waits for, such as its CA secret. */
  readonly refs?: readonly ResourceKey[]
}

/** Reads of a route's emission: other nodes, and the content of files and secrets that `Feature.material` named. Both are recorded. */
export interface RouteCx extends Cx {
  /** Throws for a key that nobody announced. */
  readonly read: ReadMaterial
}

/** The places where a feature takes part in the Envoy emission. All pure; `M` is the feature's own policy value. */
export interface EnvoyParts<M> {
  /** Called for each match alternative of each route on which the feature's key is set, or whose action the feature is. */
  route?(value: M, route: Route, match: Match, cx: RouteCx): RoutePatch
  /**
   * Requests of the route that are treated otherwise, first come first served: Envoy gets one more route for each, before the ordinary one, and for each
   * combination with the variants of other features.
   */
  variants?(value: M, route: Route, match: Match, cx: RouteCx): readonly Variant[]
  /** Called for each match alternative of each route that forwards, for the service that speaks for it (its first target) when it has the feature's key. */
  serviceRoute?(value: M, service: Service, route: Route, match: Match, cx: Cx): RoutePatch
  /** Per-route messages of the slots that are switched on for requests to the service, whatever other services the route has. */
  target?(value: M, service: Service): Readonly<Partial<Record<SlotName, Message>>>
  /** Of the endpoints of a static service only `assignment` may depend: when nothing else of the service changes, the cluster is not made anew. */
  cluster?(value: M, service: Service): ClusterPatch
  /** No Cx: a listener depends on nothing but itself, so that no other edit can change it. */
  listener?(value: M, listener: Listener): ListenerPatch
  /** Secret resources of a node, made of the files and secrets that `Feature.material` named. */
  secrets?(value: M, node: Node, read: ReadMaterial): readonly Resource[]
  /** Time in milliseconds after which a new endpoint of the service can be expected to take traffic; bounds the swap of endpoints. */
  settleMs?(value: M, service: Service): number
  /** What of the value Envoy cannot do, or does differently. Nothing is dropped in silence. */
  support?(value: M, node: Node, cx: Cx): Iterable<Limit>
}
