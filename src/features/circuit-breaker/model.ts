import type { LowerCx, NodeDraft } from '../../feature.ts'
import { parsePercent } from '../../lib/parse-percent.ts'
import type { Material } from '../../model/material.ts'
import { readDuration } from '../../model/read-duration.ts'
import type { Written } from './config.ts'
import { type Fallback, lowerFallback } from './fallback.ts'

/** Times in milliseconds, rate in percent. At least one of `failures` and `errorRate` is there. */
export interface CircuitBreaker {
  readonly failures?: number
  readonly errorRate?: { readonly percent: number; readonly minRequests: number }
  readonly within: number
  readonly openFor: number
  /** Absent when it was not written: then the engine's own default holds. */
  readonly halfOpen?: HalfOpen
  readonly fallback?: Fallback
}

/** The circuit closes after so many good ones among so many probes. */
export interface HalfOpen {
  readonly probes: number
  readonly successes: number
}

const defaultProbes = 3

/** What holds where nothing is written, on engines that have the state. */
export const defaultHalfOpen: HalfOpen = { probes: defaultProbes, successes: defaultProbes }

export function lower(value: unknown, _node: NodeDraft, cx: LowerCx): CircuitBreaker {
  const written = value as Written
  const { failures, errorRate, within = '10s', minRequests = 20 } = written.openWhen ?? {}
  const judged = failures ?? (errorRate === undefined ? 5 : undefined)
  return {
    ...(judged === undefined ? {} : { failures: judged }),
    ...(errorRate === undefined ? {} : { errorRate: { percent: Math.round(parsePercent(errorRate) ?? 100), minRequests } }),
    within: readDuration(within, ['circuitBreaker', 'openWhen', 'within'], cx),
    openFor: readDuration(written.openFor ?? '30s', ['circuitBreaker', 'openFor'], cx),
    ...(written.halfOpen === undefined ? {} : { halfOpen: lowerHalfOpen(written.halfOpen, cx) }),
    ...(written.fallback === undefined ? {} : { fallback: lowerFallback(written.fallback, cx) }),
  }
}

export function written({ failures, errorRate, within, openFor, halfOpen, fallback }: CircuitBreaker): unknown {
  const openWhen = { failures, errorRate: errorRate?.percent, within, minRequests: errorRate?.minRequests }
  return { openWhen, openFor, halfOpen, fallback }
}

function lowerHalfOpen({ probes = defaultProbes, successes = probes }: NonNullable<Written['halfOpen']>, cx: LowerCx): HalfOpen {
  if (successes > probes) {
    cx.report({
      code: 'circuit-breaker/never-closes',
      message: `${successes} probes must succeed, but only ${probes} are sent: the circuit would never close`,
      path: ['circuitBreaker', 'halfOpen', 'successes'],
      help: 'make `probes` at least as large as `successes`',
    })
  }
  return { probes, successes }
}

export function material({ fallback }: CircuitBreaker): Material[] {
  if (fallback?.type !== 'respond' || fallback.file === undefined) return []
  return [{ key: fallback.file, path: ['circuitBreaker', 'fallback', 'respond', 'file'], secret: false }]
}
