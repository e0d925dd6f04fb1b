const prefix = 'type.googleapis.com/'

/** The xDS resource types that sluice serves. https://www.envoyproxy.io/docs/envoy/latest/api-docs/xds_protocol */
export const resourceTypes = {
  cluster: `${prefix}envoy.config.cluster.v3.Cluster`,
  endpoints: `${prefix}envoy.config.endpoint.v3.ClusterLoadAssignment`,
  listener: `${prefix}envoy.config.listener.v3.Listener`,
  routes: `${prefix}envoy.config.route.v3.RouteConfiguration`,
  secret: `${prefix}envoy.extensions.transport_sockets.tls.v3.Secret`,
  extension: `${prefix}envoy.config.core.v3.TypedExtensionConfig`,
  runtime: `${prefix}envoy.service.runtime.v3.Runtime`,
} as const

export type ResourceType = keyof typeof resourceTypes

export interface ResourceKey<T extends string = ResourceType> {
  readonly type: T
  readonly name: string
}

/** One immutable xDS resource: serialized bytes and what the server must know to order and report it. */
export interface Resource extends ResourceKey {
  /** Hash of the bytes: equal after a restart and on every replica. */
  readonly version: string
  /** The serialized message, without the surrounding Any. */
  readonly value: Uint8Array
  /** Resources that must be there for this one to work (listener → routes, routes → clusters, cluster → endpoints and secrets). */
  readonly refs: readonly ResourceKey[]
  /** Whom to blame: opaque to xDS, such as `service/orders`. */
  readonly owner?: string
  /** Time to live in milliseconds; the server keeps the resource alive with heartbeats (runtime keys of breakers). */
  readonly ttlMs?: number
  /**
   * For a change that no single push can make safely: a version that is valid with both the old and the new neighbours.
   * It is sent first. The final one follows when the routes of the same change are accepted.
   */
  readonly bridge?: { readonly version: string; readonly value: Uint8Array }
}

/** What is different from the last publish. */
export interface Change {
  readonly put: readonly Resource[]
  readonly remove: readonly ResourceKey[]
}
