import { any } from '../../envoy/any.ts'
import { duration } from '../../envoy/duration.ts'
import type { EnvoyParts, RoutePatch } from '../../envoy/parts.ts'
import { RetryPolicy_ResetHeaderFormat } from '#gen/envoy/config/route/v3/route_components_pb.js'
import { PreviousHostsPredicateSchema } from '#gen/envoy/extensions/retry/host/previous_hosts/v3/previous_hosts_pb.js'
import type { Condition } from './config.ts'
import type { Retry, RetryPolicy } from './model.ts'

const words: Readonly<Record<Condition, readonly string[]>> = {
  'connect-failure': ['connect-failure'],
  'refused-stream': ['refused-stream'],
  reset: ['reset'],
  '5xx': ['5xx'],
  'gateway-error': ['gateway-error'],
  '409': ['retriable-4xx'],
  // A try that ran out of time is reset by the proxy itself.
  'per-try-timeout': ['reset'],
}

const otherHost = [
  { name: 'envoy.retry_host_predicates.previous_hosts', configType: { case: 'typedConfig' as const, value: any(PreviousHostsPredicateSchema, {}) } },
]

/** https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_filters/router_filter#x-envoy-retry-on */
export const envoy: EnvoyParts<Retry> = {
  route: (retry) => ('attempts' in retry ? policy(retry) : {}),
  cluster: (budget) =>
    'minConcurrency' in budget
      ? { thresholds: { retryBudget: { budgetPercent: { value: budget.percent }, minRetryConcurrency: budget.minConcurrency } } }
      : {},
}

function policy(retry: RetryPolicy): RoutePatch {
  if (retry.attempts < 2) return {}
  const retryOn = [
    ...new Set(retry.when.flatMap((condition) => words[condition])),
    ...(retry.statuses.length > 0 ? ['retriable-status-codes'] : []),
  ].sort()
  return {
    retry: {
      retryOn: retryOn.join(','),
      numRetries: retry.attempts - 1,
      retriableStatusCodes: [...retry.statuses],
      retryBackOff: { baseInterval: duration(retry.backoff.initial), maxInterval: duration(retry.backoff.max) },
      ...(retry.backoff.retryAfter === undefined ? {} : { rateLimitedRetryBackOff: retryAfter(retry.backoff.retryAfter) }),
      retriableRequestHeaders: [methodIn(retry.methods)],
      retryHostPredicate: otherHost,
      hostSelectionRetryMaxAttempts: 5n,
    },
  }
}

/** An answer that asks for a longer wait is not waited for: the back-off of before holds. */
function retryAfter(most: number) {
  return { resetHeaders: [{ name: 'retry-after', format: RetryPolicy_ResetHeaderFormat.SECONDS }], maxInterval: duration(most) }
}

function methodIn(methods: readonly string[]) {
  return {
    name: ':method',
    headerMatchSpecifier: {
      case: 'stringMatch' as const,
      value: { matchPattern: { case: 'safeRegex' as const, value: { regex: methods.join('|') } } },
    },
  }
}
