import type { Path } from '../diagnostics/diagnostic.ts'
import type { Attribute } from './attribute.ts'
import type { Origin } from './origin.ts'

/**
 * The engine-neutral gateway. Immutable; nodes are interned by canonical content, so that an unchanged route is the same object after a re-read.
 * What a feature adds to a node stands in `policies` under the feature's name and is opaque to the stages.
 */
export interface Gateway {
  readonly name: string
  readonly listeners: ReadonlyMap<string, Listener>
  readonly services: ReadonlyMap<string, Service>
  readonly routes: ReadonlyMap<string, Route>
  /** Gateway-wide feature values. */
  readonly policies: Policies
  /** Where a node was written. Kept beside the nodes: moving a line must not change a node. */
  readonly originOf: (node: { readonly kind: Node['kind']; readonly name: string }) => Origin
}

export type Policies = Readonly<Record<string, unknown>>
export type Node = Listener | Service | Route
export type EntityKey = `${Node['kind']}/${string}`

export interface Listener {
  readonly kind: 'listener'
  readonly name: string
  /** IP address to bind; default `0.0.0.0`. */
  readonly address: string
  readonly port: number
  /** Proxies in front whose X-Forwarded-For entry is believed; default 0. */
  readonly trustedHops: number
  /** Shape of replies that the gateway makes itself. */
  readonly errorFormat: ErrorFormat
  /** Listener that every request is redirected to. */
  readonly redirectTo?: string
  readonly policies: Policies
}

export type ErrorFormat = 'json' | 'problem-json' | 'text'

export interface Service {
  readonly kind: 'service'
  readonly name: string
  readonly protocol: Protocol
  readonly discovery: Discovery
  /** Sets of label names by which routes select endpoints, each sorted; engines that index endpoints need to know them. */
  readonly subsets: readonly Subset[]
  readonly policies: Policies
}

/** A set of label names by which routes select endpoints. */
export interface Subset {
  /** Sorted. */
  readonly names: readonly string[]
  /** Names of the labels that still count when no endpoint carries the values of all; empty: any endpoint is right. Absent: the request is refused. */
  readonly fallback?: readonly string[]
  /** Routes do not agree on `fallback`; it is that of none. */
  readonly mixed?: true
}

export type Protocol = 'http1' | 'h2' | 'grpc'
/** How addresses become connections: `static` ones are IP literals, `dns` names are resolved by the proxy and followed. */
interface Discovery {
  readonly type: 'static' | 'dns'
  readonly endpoints: readonly Endpoint[]
}

export interface Endpoint {
  /** IP literal without brackets, or a host name when the discovery is `dns`. */
  readonly address: string
  readonly port: number
  /** Share of traffic, 1 to 1,000 in the file, default 1; load that instances report makes others of it. */
  readonly weight: number
  readonly zone?: string
  readonly labels: Readonly<Record<string, string | readonly string[]>>
}

export interface Route {
  readonly kind: 'route'
  readonly name: string
  readonly group?: string
  readonly owner?: string
  /** Names of listeners; empty: every listener that does not redirect. */
  readonly listeners: readonly string[]
  /** Lower-case exact names or `*.suffix`; empty: every host. */
  readonly hosts: readonly string[]
  /** Alternatives, any of which may match; at least one. Implied ones come last. */
  readonly match: readonly Match[]
  /** Larger wins over all specificity; default 0. */
  readonly priority: number
  readonly action: Action
  readonly policies: Policies
}

/** A forward, or an action that a feature defines; the feature's own value is in `policies[feature]`. */
export type Action = { readonly type: 'forward'; readonly targets: readonly Target[] } | { readonly type: 'feature'; readonly feature: string }

export interface Target {
  readonly service: string
  /** Share among the targets of the route. */
  readonly weight: number
  /** Only endpoints with all these labels; empty: all endpoints. */
  readonly labels: Readonly<Record<string, string>>
  /** Labels whose value the request says. A missing or empty one selects nothing: the other labels decide. At most three. */
  readonly byAttribute?: Readonly<Record<string, Attribute>>
  /** `any`: a value that no endpoint carries selects nothing either. `refuse`: a missing one is refused as well. Absent: only an unknown one is refused. */
  readonly otherwise?: 'any' | 'refuse'
}

/** A service that a feature of a route sends requests to, besides the targets of the route itself. */
export interface FurtherTarget extends Pick<Target, 'service' | 'labels'> {
  /** Where in the route it is written, beginning with the feature's key. */
  readonly path: Path
}

export interface Match {
  readonly path: PathMatch
  /** Upper case; empty: any method. */
  readonly methods: readonly string[]
  readonly headers: readonly ValueMatch[]
  readonly query: readonly ValueMatch[]
  /** Not written by the user: a feature of the route needs it. */
  readonly implied?: true
}

/** Paths are compared after normalisation, without the query. */
export type PathMatch =
  /** The whole path. */
  | { readonly type: 'exact'; readonly path: string }
  /** Whole segments: `/a` matches `/a`, `/a/` and `/a/b`, not `/ab`. `/` matches everything. Written `/a/*`. */
  | { readonly type: 'prefix'; readonly path: string }
  /** `/users/{user}/orders`, `/files/{path=**}`; `{x}` is one non-empty segment, `{x=**}` any rest and only at the end. */
  | { readonly type: 'template'; readonly segments: readonly TemplateSegment[] }
  /** RE2 syntax, must match the whole path. */
  | { readonly type: 'regex'; readonly regex: string }

export type TemplateSegment =
  | { readonly type: 'literal'; readonly text: string }
  | { readonly type: 'one'; readonly name: string }
  | { readonly type: 'rest'; readonly name: string }

/** A condition on one header or one query parameter. `name` is lower case for headers. */
export type ValueMatch =
  | { readonly name: string; readonly type: 'exact'; readonly value: string }
  | { readonly name: string; readonly type: 'prefix'; readonly value: string }
  | { readonly name: string; readonly type: 'regex'; readonly value: string }
  | { readonly name: string; readonly type: 'present'; readonly value: boolean }
