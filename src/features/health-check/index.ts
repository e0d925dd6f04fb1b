import type { Feature } from '../../feature.ts'
import { schema } from './config.ts'
import { envoy } from './envoy.ts'
import { forms, type HealthCheck, lower, written } from './model.ts'
import { nginx } from './nginx.ts'

export const healthCheck: Feature<HealthCheck> = {
  name: 'health-check',
  points: [{ at: 'service', key: 'healthCheck', schema, merge: 'fields', forms }],
  lower,
  written,
  envoy,
  nginx,
  codes: {
    'health-check/timeout-over-interval':
      'The next check of an endpoint starts after the last one ended, so a timeout above the interval makes the interval longer than written.',
    'health-check/two-questions':
      'An endpoint is asked over HTTP, by opening a connection, or by the gRPC health protocol. `path`, `host` and `expect` are the short form of `http`, so they do not stand beside it either.',
    'health-check/reserved-header': 'Host, Connection and the headers of framing follow from how the question is sent, so they cannot be chosen.',
    'health-check/no-body': 'An answer to HEAD carries no body, so an expected text would never be found and every endpoint would be sick.',
  },
}
