import type { ResourceType } from './resource.ts'

/** Who is on the other side of a stream, as far as it has told. */
export interface Proxy {
  /** `node.id`, or the peer's address when the node has none. */
  readonly id: string
  readonly cluster: string
  /** `node.user_agent_name`, such as `envoy`. */
  readonly agent: string
  /** Version of the proxy, such as `1.40.0`; empty when unknown. */
  readonly version: string
  /** `address:port` of the peer, or `unix`. */
  readonly address: string
}

/** A resource that a proxy refused. It is not sent again at that version. `T` are the types of resources, here and below. */
export interface Rejection<T extends string = ResourceType> {
  readonly type: T
  readonly name: string
  /** `Resource.owner`: whom to blame. */
  readonly owner: string | undefined
  readonly version: string
  /** The proxy's own words. */
  readonly message: string
  /** Milliseconds since 1970. */
  readonly since: number
  /** Version that the proxy goes on using; undefined when it has none. */
  readonly heldAt: string | undefined
}

/** What happens on the streams, for metrics and logs. `ms` of `accepted` is the time from the push to its ACK, of `disconnected` the
 * life of the stream, whose `error` is undefined when it ended in order. */
export type XdsEvent<T extends string = ResourceType> =
  | { readonly kind: 'connected'; readonly proxy: Proxy }
  | { readonly kind: 'disconnected'; readonly proxy: Proxy; readonly ms: number; readonly error: string | undefined }
  | { readonly kind: 'refused'; readonly proxy: Proxy; readonly reason: string }
  | {
      readonly kind: 'pushed'
      readonly proxy: Proxy
      readonly type: T
      readonly resources: number
      readonly removed: number
      readonly bytes: number
    }
  | { readonly kind: 'accepted'; readonly proxy: Proxy; readonly type: T; readonly resources: number; readonly ms: number }
  | { readonly kind: 'nack'; readonly proxy: Proxy; readonly type: T; readonly resources: number; readonly message: string }
  | { readonly kind: 'rejected'; readonly proxy: Proxy; readonly rejection: Rejection<T> }

export type XdsObserver = (event: XdsEvent) => void
