import type { Feature } from '../../feature.ts'
import { schema } from './config.ts'
import { envoy } from './envoy.ts'
import { type HealthCheck, lower } from './model.ts'
import { nginx } from './nginx.ts'

export const healthCheck: Feature<HealthCheck> = {
  name: 'health-check',
  points: [{ at: 'service', key: 'healthCheck', schema, merge: 'fields' }],
  lower,
  envoy,
  nginx,
  codes: {
    'health-check/timeout-over-interval':
      'The next check of an endpoint starts after the last one ended, so a timeout above the interval makes the interval longer than written.',
  },
}
