import type { LowerCx, NodeDraft } from '../../feature.ts'
import { parsePercent } from '../../lib/parse-percent.ts'
import { readDuration } from '../../model/read-duration.ts'
import type { Written } from './config.ts'

/** Times in milliseconds, rate in percent. */
export interface CircuitBreaker {
  readonly failures: number
  readonly errorRate?: { readonly percent: number; readonly within: number; readonly minRequests: number }
  readonly openFor: number
}

export function lower(value: unknown, _node: NodeDraft, cx: LowerCx): CircuitBreaker {
  const written = value as Written
  refuseMissing(written, cx)
  const when = written.openWhen ?? {}
  return {
    failures: when.failures ?? 5,
    ...(when.errorRate === undefined
      ? {}
      : {
          errorRate: {
            percent: Math.round(parsePercent(when.errorRate) ?? 100),
            within: readDuration(when.within ?? '10s', ['circuitBreaker', 'openWhen', 'within'], cx),
            minRequests: when.minRequests ?? 20,
          },
        }),
    openFor: readDuration(written.openFor ?? '30s', ['circuitBreaker', 'openFor'], cx),
  }
}

/** Better no gateway than one that ignores what was asked of it. */
function refuseMissing(written: Written, cx: LowerCx): void {
  if (written.halfOpen !== undefined) {
    cx.report({
      code: 'circuit-breaker/half-open-unsupported',
      message: 'an Envoy proxy alone has no half-open state: it cannot limit the first requests after `openFor` to probes',
      path: ['circuitBreaker', 'halfOpen'],
      side: 'key',
      help: 'leave `halfOpen` out; use `healthCheck` so that an endpoint proves itself before it comes back',
    })
  }
  if (written.fallback !== undefined) {
    cx.report({
      code: 'circuit-breaker/fallback-unsupported',
      message: 'an Envoy proxy alone cannot answer for a service whose breaker is open',
      path: ['circuitBreaker', 'fallback'],
      side: 'key',
      help: 'leave `fallback` out; while no endpoint is left, requests get 503 in the errorFormat of the listener',
    })
  }
}
