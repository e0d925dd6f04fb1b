import type { Json, NginxParts, StateCx } from '../../nginx/parts.ts'
import type { Fallback } from './fallback.ts'
import { type CircuitBreaker, defaultHalfOpen } from './model.ts'

/** One circuit per service, over all workers of a node. */
export const nginx: NginxParts<CircuitBreaker> = {
  state: ({ failures, errorRate, within, openFor, halfOpen = defaultHalfOpen, fallback }, _node, cx) => ({
    ...(failures === undefined ? {} : { failures }),
    ...(errorRate === undefined ? {} : { errorRate: errorRate.percent, minRequests: errorRate.minRequests }),
    within,
    openFor,
    ...halfOpen,
    ...(fallback === undefined ? {} : { fallback: fallbackData(fallback, cx) }),
  }),
}

/** A file may hold any bytes, which JSON does not. */
function fallbackData(fallback: Fallback, { read }: StateCx): Json {
  if (fallback.type === 'service') return { service: fallback.service }
  const { answer, file } = fallback
  const body = file === undefined ? (answer.body === undefined ? {} : { body: answer.body }) : { body64: Buffer.from(read(file)).toString('base64') }
  return { respond: { status: answer.status, headers: { ...answer.headers }, ...body } }
}
