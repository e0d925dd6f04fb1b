import type { Feature } from '../../feature.ts'
import { policyOf } from '../../feature.ts'
import { schema } from './config.ts'
import { envoy } from './envoy.ts'
import { type CircuitBreaker, lower } from './model.ts'
import { nginx } from './nginx.ts'

export const circuitBreaker: Feature<CircuitBreaker> = {
  name: 'circuit-breaker',
  points: [{ at: 'service', key: 'circuitBreaker', schema, merge: 'fields' }],
  lower,
  *check(gateway, cx) {
    for (const service of gateway.services.values()) {
      if (!policyOf(circuitBreaker, service) || service.policies['outlier-detection'] === undefined) continue
      yield {
        code: 'circuit-breaker/with-outlier-detection',
        severity: 'error',
        message: `service ${service.name} has a circuitBreaker and an outlierDetection: Envoy has one place for both`,
        at: cx.at(service, ['circuitBreaker'], 'key'),
        related: [{ message: 'the other one', at: cx.at(service, ['outlierDetection'], 'key') }],
        help: 'keep one of them; write `none` to clear an inherited one',
      }
    }
  },
  envoy,
  nginx,
  codes: {
    'circuit-breaker/half-open-unsupported':
      'Half-open means: after `openFor`, a few probes decide whether traffic comes back. One Envoy by itself takes an endpoint back with its full share. sluice refuses the key instead of ignoring it.',
    'circuit-breaker/fallback-unsupported':
      'A fallback answer while the breaker is open needs the fleet-wide breaker, which is not there yet. sluice refuses the key instead of ignoring it.',
    'circuit-breaker/with-outlier-detection': 'Both keys become the one outlier detection of an Envoy cluster, so they would overwrite each other.',
  },
}
