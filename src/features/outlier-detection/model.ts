import type { LowerCx, NodeDraft } from '../../feature.ts'
import { parsePercent } from '../../lib/parse-percent.ts'
import { readDuration } from '../../model/read-duration.ts'
import type { Written } from './config.ts'

/** Times in milliseconds, `maxEjected` in percent. */
export interface OutlierDetection {
  readonly consecutive5xx: number
  readonly consecutiveGatewayErrors?: number
  readonly interval: number
  readonly ejectFor: number
  readonly maxEjected: number
}

export function lower(value: unknown, _node: NodeDraft, cx: LowerCx): OutlierDetection {
  const written = value as Written
  return {
    consecutive5xx: written.consecutive5xx ?? 5,
    ...(written.consecutiveGatewayErrors === undefined ? {} : { consecutiveGatewayErrors: written.consecutiveGatewayErrors }),
    interval: readDuration(written.interval ?? '1s', ['outlierDetection', 'interval'], cx),
    ejectFor: readDuration(written.ejectFor ?? '30s', ['outlierDetection', 'ejectFor'], cx),
    maxEjected: Math.round(parsePercent(written.maxEjected ?? '') ?? 100),
  }
}
