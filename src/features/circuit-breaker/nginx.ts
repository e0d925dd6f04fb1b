import type { NginxParts } from '../../nginx/parts.ts'
import type { CircuitBreaker } from './model.ts'

/** The same guard as on Envoy: an endpoint that keeps failing is left out. It counts over all workers of a node. */
export const nginx: NginxParts<CircuitBreaker> = {
  state: ({ failures, errorRate, openFor }) => ({ failures, openFor, ...(errorRate ? { errorRate: { ...errorRate } } : {}) }),
}
