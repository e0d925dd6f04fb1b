import type { LowerCx, NodeDraft } from '../../feature.ts'
import { parsePercent } from '../../lib/parse-percent.ts'
import { readDuration } from '../../model/read-duration.ts'
import type { Written } from './config.ts'

interface Enough {
  readonly minEndpoints: number
  readonly minRequests: number
}

/** Times in milliseconds, shares in percent. */
export interface OutlierDetection {
  readonly consecutive5xx: number
  readonly consecutiveGatewayErrors?: number
  /** When it is there, failures without an answer are counted apart from bad answers. */
  readonly consecutiveLocalErrors?: number
  readonly successRate?: Enough & { readonly deviations: number }
  readonly failureRate?: Enough & { readonly percent: number }
  readonly interval: number
  readonly ejectFor: number
  readonly maxEjectFor: number
  readonly maxEjected: number
}

export function lower(value: unknown, _node: NodeDraft, cx: LowerCx): OutlierDetection {
  const written = value as Written
  const { consecutiveGatewayErrors, consecutiveLocalErrors, successRate, failureRate } = written
  const ejectFor = readDuration(written.ejectFor ?? '30s', ['outlierDetection', 'ejectFor'], cx)
  return {
    consecutive5xx: written.consecutive5xx ?? 5,
    ...(consecutiveGatewayErrors === undefined ? {} : { consecutiveGatewayErrors }),
    ...(consecutiveLocalErrors === undefined ? {} : { consecutiveLocalErrors }),
    ...(successRate === undefined ? {} : { successRate: { deviations: successRate.deviations ?? 1.9, ...enough(successRate, 100) } }),
    ...(failureRate === undefined ? {} : { failureRate: { percent: wholePercent(failureRate.above, 85), ...enough(failureRate, 50) } }),
    interval: readDuration(written.interval ?? '1s', ['outlierDetection', 'interval'], cx),
    ejectFor,
    maxEjectFor: longest(written, ejectFor, cx),
    maxEjected: wholePercent(written.maxEjected, 100),
  }
}

export function written({ failureRate, ...rest }: OutlierDetection): unknown {
  if (!failureRate) return rest
  const { percent, ...enough } = failureRate
  return { ...rest, failureRate: { above: percent, ...enough } }
}

function longest(written: Written, ejectFor: number, cx: LowerCx): number {
  if (written.maxEjectFor === undefined) return ejectFor
  const most = readDuration(written.maxEjectFor, ['outlierDetection', 'maxEjectFor'], cx)
  if (most < ejectFor) {
    cx.report({
      code: 'outlier-detection/eject-order',
      message: `the longest time ${written.maxEjectFor} is shorter than the first one, ${written.ejectFor ?? '30s'}`,
      path: ['outlierDetection', 'maxEjectFor'],
    })
  }
  return most
}

function enough({ minEndpoints = 5, minRequests }: Partial<Enough>, requests: number): Enough {
  return { minEndpoints, minRequests: minRequests ?? requests }
}

function wholePercent(text: string | undefined, missing: number): number {
  return Math.round(parsePercent(text ?? '') ?? missing)
}
