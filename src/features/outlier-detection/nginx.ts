import type { NginxParts } from '../../nginx/parts.ts'
import type { OutlierDetection } from './model.ts'

/** `interval` has no part in it: an endpoint comes back as soon as its time is over. */
export const nginx: NginxParts<OutlierDetection> = {
  state: ({ consecutive5xx, consecutiveGatewayErrors, ejectFor, maxEjected }) => ({
    consecutive5xx,
    ...(consecutiveGatewayErrors === undefined ? {} : { consecutiveGatewayErrors }),
    ejectFor,
    maxEjected,
  }),
}
