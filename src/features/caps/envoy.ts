import { overflow429Rule, retryAfterMetadata } from '../../envoy/local-replies.ts'
import type { EnvoyParts } from '../../envoy/parts.ts'
import type { Caps } from './model.ts'

/** https://www.envoyproxy.io/docs/envoy/latest/intro/arch_overview/upstream/circuit_breaking */
export const envoy: EnvoyParts<Caps> = {
  cluster: ({ connections, pending, requests, overflow }) => ({
    thresholds: { maxConnections: connections, maxPendingRequests: pending, maxRequests: requests },
    cluster: { metadata: retryAfterMetadata(overflow.retryAfter) },
  }),
  serviceRoute: ({ overflow }) => (overflow.status === 429 ? { metadataRules: [overflow429Rule()] } : {}),
}
