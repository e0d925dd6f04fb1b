import { Type } from 'typebox'
import { answerFields, type WrittenAnswer } from '../../config/schema/fixed-answer.ts'
import { duration, name, percent } from '../../config/schema/scalars.ts'

/** What the user writes. */
export interface Written {
  openWhen?: { failures?: number; errorRate?: string; within?: string; minRequests?: number }
  openFor?: string
  halfOpen?: { probes?: number; successes?: number }
  fallback?: { respond: WrittenAnswer & { file?: string } } | { service: string }
}

const openWhen = Type.Object(
  {
    failures: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 10_000,
        description: 'Failed attempts within the time. Default: 5, or not judged when `errorRate` is written.',
      }),
    ),
    errorRate: Type.Optional(percent({ description: 'Share of failed attempts within the time. Default: not judged.' })),
    within: Type.Optional(duration({ description: 'The time that both look back on.', default: '10s' })),
    minRequests: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 1_000_000, description: 'Fewer attempts than this within the time prove no errorRate.', default: 20 }),
    ),
  },
  { additionalProperties: false, description: 'Opens on any of these.' },
)

const halfOpen = Type.Object(
  {
    probes: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 1_000, description: 'Most requests that are let through to find out, each tried once.', default: 3 }),
    ),
    successes: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000, description: 'Probes that must succeed. Default: all of them.' })),
  },
  { additionalProperties: false, description: 'What happens after openFor: a few probes decide whether the service is back.' },
)

const respond = Type.Object(
  {
    ...answerFields,
    file: Type.Optional(
      Type.String({ minLength: 1, description: 'File with the body; its type follows from its ending.', examples: ['fallback/orders.json'] }),
    ),
  },
  { additionalProperties: false, description: 'The answer, word for word.' },
)

const fallback = Type.Union(
  [
    Type.Object({ respond }, { additionalProperties: false }),
    Type.Object({ service: name({ description: 'Service that takes the requests meanwhile.' }) }, { additionalProperties: false }),
  ],
  {
    description: 'What requests get while the service rests. Default: 503 in the errorFormat of the listener, with Retry-After.',
    examples: [{ respond: { status: 503, json: { message: 'orders is resting' } } }, { service: 'orders-cache' }],
  },
)

export const schema = Type.Object(
  {
    openWhen: Type.Optional(openWhen),
    openFor: Type.Optional(duration({ description: 'How long it stays open.', default: '30s' })),
    halfOpen: Type.Optional(halfOpen),
    fallback: Type.Optional(fallback),
  },
  {
    additionalProperties: false,
    description: 'Stops sending to a service that keeps failing, and finds out with a few probes when it is back.',
    examples: [{ openWhen: { failures: 5, errorRate: '50%', within: '10s', minRequests: 20 }, openFor: '30s' }],
  },
)
