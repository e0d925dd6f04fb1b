import type { Feature } from '../../feature.ts'
import { policyOf } from '../../feature.ts'
import { schema } from './config.ts'
import { envoy } from './envoy.ts'
import { type Caps, checkRoute, lower, written } from './model.ts'
import { nginx } from './nginx.ts'

export const caps: Feature<Caps> = {
  name: 'caps',
  points: [{ at: 'service', key: 'caps', schema, merge: 'fields' }],
  lower,
  written,
  check: { everyRoute: (route, cx) => checkRoute(route, cx, (service) => policyOf(caps, service)) },
  envoy,
  nginx,
  codes: {
    'caps/mixed-overflow':
      'A route with several services answers overload with one status: its callers do not know which service was chosen, and on Envoy the status belongs to the route.',
  },
}
