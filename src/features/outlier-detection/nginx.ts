import type { NginxParts } from '../../nginx/parts.ts'
import type { OutlierDetection } from './model.ts'

/** Counted over all workers of a node; the arithmetic is Envoy's. An endpoint comes back as soon as its time is over. */
export const nginx: NginxParts<OutlierDetection> = {
  state: ({ successRate, failureRate, ...limits }) => ({
    ...limits,
    ...(successRate ? { successRate: { ...successRate } } : {}),
    ...(failureRate ? { failureRate: { ...failureRate } } : {}),
  }),
}
