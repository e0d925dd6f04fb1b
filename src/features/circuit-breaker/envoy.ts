import { duration } from '../../envoy/duration.ts'
import type { EnvoyParts } from '../../envoy/parts.ts'
import type { Node } from '../../model/gateway.ts'
import type { Limit } from '../../model/limit.ts'
import type { CircuitBreaker } from './model.ts'

/** The guard that one proxy has by itself: it ejects an endpoint that keeps failing. https://www.envoyproxy.io/docs/envoy/latest/intro/arch_overview/upstream/outlier */
export const envoy: EnvoyParts<CircuitBreaker> = {
  cluster: (breaker) => ({
    cluster: {
      outlierDetection: {
        ...(breaker.failures === undefined ? { enforcingConsecutive5xx: 0 } : { consecutive5xx: breaker.failures, enforcingConsecutive5xx: 100 }),
        enforcingConsecutiveGatewayFailure: 0,
        enforcingSuccessRate: 0,
        ...rate(breaker),
        baseEjectionTime: duration(breaker.openFor),
        maxEjectionTime: duration(breaker.openFor),
        maxEjectionPercent: 100,
        successfulActiveHealthCheckUnejectHost: false,
      },
    },
  }),
  support: refused,
}

/** Better no gateway than one that ignores what was asked of it. */
function* refused({ halfOpen, fallback }: CircuitBreaker, node: Node): Iterable<Limit> {
  if (node.policies['outlier-detection'] !== undefined) {
    yield {
      kind: 'refused',
      code: 'circuit-breaker/with-outlier-detection',
      message: `service ${node.name} has a circuitBreaker and an outlierDetection: Envoy has one place for both`,
      path: ['circuitBreaker'],
      side: 'key',
      help: 'keep one of them; write `none` to clear an inherited one',
    }
  }
  if (halfOpen !== undefined) {
    yield {
      kind: 'refused',
      code: 'circuit-breaker/half-open-unsupported',
      message: 'an Envoy proxy alone has no half-open state: it cannot limit the first requests after `openFor` to probes',
      path: ['circuitBreaker', 'halfOpen'],
      side: 'key',
      help: 'leave `halfOpen` out; use `healthCheck` so that an endpoint proves itself before it comes back',
    }
  }
  if (fallback !== undefined) {
    yield {
      kind: 'refused',
      code: 'circuit-breaker/fallback-unsupported',
      message: 'an Envoy proxy alone cannot answer for a service whose breaker is open',
      path: ['circuitBreaker', 'fallback'],
      side: 'key',
      help: 'leave `fallback` out; while no endpoint is left, requests get 503 in the errorFormat of the listener',
    }
  }
}

/** Envoy judges the rate over one sweep interval; without a rate the interval only decides how soon an ejected endpoint comes back. */
function rate({ errorRate, within, openFor }: CircuitBreaker) {
  if (!errorRate) return { interval: duration(Math.min(1_000, openFor)), enforcingFailurePercentage: 0 }
  return {
    interval: duration(within),
    failurePercentageThreshold: errorRate.percent,
    failurePercentageRequestVolume: errorRate.minRequests,
    failurePercentageMinimumHosts: 1,
    enforcingFailurePercentage: 100,
  }
}
