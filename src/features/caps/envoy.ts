import type { EnvoyParts } from '../../envoy/parts.ts'
import type { Written } from './config.ts'

/** https://www.envoyproxy.io/docs/envoy/latest/intro/arch_overview/upstream/circuit_breaking */
export const envoy: EnvoyParts<Written> = {
  cluster: ({ connections = 1024, pending = 1024, requests = 1024 }) => ({
    thresholds: { maxConnections: connections, maxPendingRequests: pending, maxRequests: requests },
  }),
}
