import type { NginxParts } from '../../nginx/parts.ts'
import type { Limit } from '../../model/limit.ts'
import type { CircuitBreaker } from './model.ts'

/** The same guard as on Envoy: an endpoint that keeps failing is left out. It counts over all workers of a node. */
export const nginx: NginxParts<CircuitBreaker> = {
  state: ({ failures, errorRate, openFor }) => ({ failures, openFor, ...(errorRate ? { errorRate: { ...errorRate } } : {}) }),
  *support({ halfOpen, fallback }) {
    if (halfOpen !== undefined) yield notYet('halfOpen')
    if (fallback !== undefined) yield notYet('fallback')
  },
}

function notYet(key: string): Limit {
  return {
    kind: 'refused',
    message: `\`${key}\` of a circuitBreaker is not there yet on nginx`,
    path: ['circuitBreaker', key],
    side: 'key',
    help: `leave \`${key}\` out`,
  }
}
