import type { LowerCx, NodeDraft } from '../../feature.ts'
import { readDuration } from '../../model/read-duration.ts'
import type { Written } from './config.ts'

/** Times in milliseconds. */
export interface HealthCheck {
  readonly path: string
  readonly host: string
  readonly expect: readonly number[]
  readonly interval: number
  readonly timeout: number
  readonly unhealthyAfter: number
  readonly healthyAfter: number
}

export function lower(value: unknown, node: NodeDraft, cx: LowerCx): HealthCheck {
  const written = value as Written
  const check: HealthCheck = {
    path: written.path ?? '/health',
    host: written.host ?? node.name,
    expect: [...(written.expect ?? [200])].sort((a, b) => a - b),
    interval: readDuration(written.interval ?? '5s', ['healthCheck', 'interval'], cx),
    timeout: readDuration(written.timeout ?? '1s', ['healthCheck', 'timeout'], cx),
    unhealthyAfter: written.unhealthyAfter ?? 3,
    healthyAfter: written.healthyAfter ?? 2,
  }
  if (check.timeout > check.interval) {
    cx.report({
      code: 'health-check/timeout-over-interval',
      severity: 'warning',
      message: `a check may take ${written.timeout ?? '1s'}, longer than the interval of ${written.interval ?? '5s'}`,
      path: ['healthCheck', 'timeout'],
      help: 'a sick endpoint is then noticed later than the interval promises',
    })
  }
  return check
}
