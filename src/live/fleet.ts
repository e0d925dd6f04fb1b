import type { Good } from '../compile.ts'
import type { Diagnostic } from '../diagnostics/diagnostic.ts'
import type { Cx } from '../model/cx.ts'
import type { Service } from '../model/gateway.ts'
import type { Target } from '../target.ts'
import type * as events from '../xds/events.ts'
import type { ResourceKey } from '../xds/resource.ts'
import type * as settle from '../xds/settle.ts'
import type * as status from '../xds/status.ts'

/**
 * The proxies, whatever engine they are, as logs, status, metrics and the follower of the files see them. The shapes are those of xDS, with any names for
 * the types of resources: an nginx worker is shown as an Envoy is.
 */
export interface Fleet {
  /** Resolves when every proxy that is there now has accepted or refused what the publish changed, or when the time is over. Never rejects. */
  settled(receipt: PublishReceipt, options?: { readonly timeoutMs?: number }): Promise<Settled>
  /** Every proxy, looked at only when the iteration comes to it. */
  proxies(): Iterable<ProxyStatus>
  /** Proxies that are not served. */
  readonly refused: readonly status.RefusedProxy[]
  /** Publishes that changed something. */
  readonly publishes: number
  /** Calls `observer` for everything that happens; the returned function ends that. */
  onEvent(observer: (event: FleetEvent) => void): () => void
}

/** The one way to the proxies. */
export interface Publisher<T extends Target> {
  /** Publishes everything that is different. Throws `PublishRefused`, with nothing changed, when it does not fit together. */
  publish(good: Good<T>): PublishReceipt
  /** Publishes one service as it is now, at a cost that does not depend on the size of the gateway; or says what is wrong with it. */
  update(service: Service, at: Cx['at']): PublishReceipt | readonly Diagnostic[]
  /** Nothing is published any more. */
  close(): void
}

export type Proxy = events.Proxy
export type FleetEvent = events.XdsEvent<string>
export type Rejection = events.Rejection<string>
export type ProxyStatus = status.ProxyStatus<string>
export type Key = ResourceKey<string>
export type PublishReceipt = settle.PublishReceipt<string>
export type Settled = settle.Settled<string>
