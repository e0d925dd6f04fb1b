import type { Cx } from '../model/cx.ts'
import type { Listener, Node, Route, Service } from '../model/gateway.ts'
import type { Limit } from '../model/limit.ts'
import type { ReadMaterial } from '../model/material.ts'

/** Plain data of the state document. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json | undefined }

/** What a feature may look at while it makes its slice of the state document. */
export interface StateCx extends Pick<Cx, 'service' | 'listener' | 'route'> {
  /** Content of a file or secret that `Feature.material` named. */
  readonly read: ReadMaterial
}

/** The next endpoint is tried on its own answers with these statuses. nginx reads the set only at start, so there is a fixed choice. */
export type RetryStatuses = (typeof retryStatuses)[number]
export const retryStatuses = ['none', '503', '429', '429-503', 'gateway', '5xx'] as const

/** Picks one of the fixed named locations; what is left out is the common case. Laid together over all features of a route. */
interface Shape {
  readonly retryOn?: RetryStatuses
  /** Tries POST and PATCH again as well after the request was sent. */
  readonly retryUnsafe?: boolean
  /** Answers may be compressed; the runtime decides which. */
  readonly compress?: boolean
}

/** How TLS to the endpoints of a service is checked: by the authorities of the system, not at all, or by the authorities of a PEM text. */
export type Trust = 'system' | 'none' | { readonly pem: string }

/** What nginx must know at start; a difference costs a reload, and `plan` says so. */
export interface StartNeed {
  /** The listener speaks TLS. */
  readonly tls?: { readonly minVersion: '1.2' | '1.3' }
  /** Every connection to the listener begins with a PROXY protocol header. */
  readonly proxyProtocol?: true
  /** The service is reached over TLS. */
  readonly trust?: Trust
}

/**
 * The places where a feature takes part in the nginx engine. All pure; `M` is the feature's own policy value.
 * The other half is `lua/features/<name>.lua`, which runs in the phases that `src/nginx/phases.ts` lists for it.
 */
export interface NginxParts<M> {
  /** Its slice of the node's line in the state document; a changed slice is one delta. Undefined leaves the feature out. */
  state?(value: M, node: Node, cx: StateCx): Json | undefined
  /** For each route on which the feature's key is set. */
  shape?(value: M, route: Route): Shape
  /** For each listener or service on which the feature's key is set. */
  start?(value: M, node: Listener | Service, read: ReadMaterial): StartNeed
  /** What of the value nginx cannot do, or does differently. Nothing is dropped in silence. */
  support?(value: M, node: Node, cx: Cx): Iterable<Limit>
}
