import type { LowerCx, NodeDraft } from '../../feature.ts'
import { parsePercent } from '../../lib/parse-percent.ts'
import { readDuration } from '../../model/read-duration.ts'
import type { Written } from './config.ts'

/** Times in milliseconds, rate in percent. */
export interface CircuitBreaker {
  readonly failures: number
  readonly errorRate?: { readonly percent: number; readonly within: number; readonly minRequests: number }
  readonly openFor: number
  /** As they were written: no engine has them yet, and each says so in its `support`. */
  readonly halfOpen?: unknown
  readonly fallback?: unknown
}

export function lower(value: unknown, _node: NodeDraft, cx: LowerCx): CircuitBreaker {
  const written = value as Written
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
    ...(written.halfOpen === undefined ? {} : { halfOpen: written.halfOpen }),
    ...(written.fallback === undefined ? {} : { fallback: written.fallback }),
  }
}
