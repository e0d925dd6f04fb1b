import type { LowerCx, NodeDraft } from '../../feature.ts'
import { parsePercent } from '../../lib/parse-percent.ts'
import { readDuration } from '../../model/read-duration.ts'
import { type Condition, idempotent, type Written, type WrittenBudget } from './config.ts'

/** Times in milliseconds. */
export interface RetryPolicy {
  readonly attempts: number
  readonly when: readonly Condition[]
  readonly statuses: readonly number[]
  readonly backoff: { readonly initial: number; readonly max: number; readonly retryAfter?: number }
  readonly methods: readonly string[]
}

/** Share in percent. */
interface RetryBudget {
  readonly percent: number
  readonly minConcurrency: number
}

export type Retry = RetryPolicy | RetryBudget

export function lower(value: unknown, node: NodeDraft, cx: LowerCx): Retry {
  return node.kind === 'service' ? lowerBudget(value as WrittenBudget) : lowerPolicy(value as Written, cx)
}

function lowerBudget(written: WrittenBudget): RetryBudget {
  return { percent: parsePercent(written.percent ?? '') ?? 20, minConcurrency: written.minConcurrency ?? 10 }
}

function lowerPolicy(written: Written, cx: LowerCx): RetryPolicy {
  const at = (key: string) => ['retry', 'backoff', key]
  const initial = readDuration(written.backoff?.initial ?? '25ms', at('initial'), cx)
  const max = written.backoff?.max === undefined ? Math.max(250, initial * 10) : readDuration(written.backoff.max, at('max'), cx)
  const retryAfter = written.backoff?.retryAfter
  if (max < initial) {
    cx.report({
      code: 'retry/backoff-order',
      message: `the longest wait ${written.backoff?.max} is shorter than the first ${written.backoff?.initial}`,
      path: at('max'),
    })
  }
  return {
    attempts: written.attempts ?? 3,
    when: [...(written.when ?? (['connect-failure', 'refused-stream', 'reset'] as const))].sort(),
    statuses: [...(written.statuses ?? [])].sort((a, b) => a - b),
    backoff: {
      initial,
      max: Math.max(initial, max),
      ...(retryAfter === undefined ? {} : { retryAfter: readDuration(retryAfter, at('retryAfter'), cx) }),
    },
    methods: [...(written.methods ?? idempotent)].sort(),
  }
}
