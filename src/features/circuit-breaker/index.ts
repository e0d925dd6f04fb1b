import type { Feature } from '../../feature.ts'
import { policyOf } from '../../feature.ts'
import { check } from './check.ts'
import { schema } from './config.ts'
import { envoy } from './envoy.ts'
import { fileProblem } from './fallback.ts'
import { type CircuitBreaker, lower, material, written } from './model.ts'
import { nginx } from './nginx.ts'

export const circuitBreaker: Feature<CircuitBreaker> = {
  name: 'circuit-breaker',
  points: [{ at: 'service', key: 'circuitBreaker', schema, merge: 'fields', whole: ['fallback'] }],
  lower,
  written,
  check: { service: (_value, service, cx) => check(service, cx, (other) => policyOf(circuitBreaker, other)) },
  standIns: ({ fallback }) => (fallback?.type === 'service' ? [fallback.service] : []),
  material,
  *checkMaterial({ fallback }, node, read, cx) {
    const message = fallback && fileProblem(fallback, read)
    if (message === undefined) return
    yield { code: 'circuit-breaker/body-too-large', severity: 'error', message, at: cx.at(node, ['circuitBreaker', 'fallback', 'respond', 'file']) }
  },
  envoy,
  nginx,
  codes: {
    'circuit-breaker/half-open-unsupported':
      'Half-open means: after `openFor`, a few probes decide whether traffic comes back. One Envoy by itself takes an endpoint back with its full share. sluice refuses the key instead of ignoring it.',
    'circuit-breaker/fallback-unsupported':
      'A fallback answer while the breaker is open needs the fleet-wide breaker, which is not there yet. sluice refuses the key instead of ignoring it.',
    'circuit-breaker/with-outlier-detection': 'Both keys become the one outlier detection of an Envoy cluster, so they would overwrite each other.',
    'circuit-breaker/never-closes':
      'A circuit closes when `successes` of its `probes` were good. With more successes than probes that cannot happen.',
    'circuit-breaker/two-bodies': 'A fallback answer has one body: `text`, `json` or `file`.',
    'circuit-breaker/body-too-large':
      'A fallback answer is part of what every proxy holds in memory, so it is kept small. Use a fallback service for larger ones.',
    'circuit-breaker/unknown-service': 'The fallback names a service that is not in `services`.',
    'circuit-breaker/circle':
      'Each service of the circle would send requests on to the next while it rests. When all of them rest there is nobody left to answer.',
  },
}
