import { Type } from 'typebox'
import { duration, percent } from '../../config/schema/scalars.ts'

/** What the user writes. */
export interface Written {
  openWhen?: { failures?: number; errorRate?: string; within?: string; minRequests?: number }
  openFor?: string
  halfOpen?: unknown
  fallback?: unknown
}

const openWhen = Type.Object(
  {
    failures: Type.Optional(Type.Integer({ minimum: 1, maximum: 10_000, description: 'Failed requests in a row.', default: 5 })),
    errorRate: Type.Optional(percent({ description: 'Share of failed requests within the time.' })),
    within: Type.Optional(duration({ description: 'The time that errorRate looks back on.', default: '10s' })),
    minRequests: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 1_000_000, description: 'Fewer requests than this within the time prove nothing.', default: 20 }),
    ),
  },
  { additionalProperties: false, description: 'Opens on any of these.' },
)

export const schema = Type.Object(
  {
    openWhen: Type.Optional(openWhen),
    openFor: Type.Optional(duration({ description: 'How long it stays open.', default: '30s' })),
    halfOpen: Type.Optional(Type.Unknown({ description: 'Probes before it closes. Not available yet on any engine.' })),
    fallback: Type.Optional(Type.Unknown({ description: 'Answer while it is open. Not available yet on any engine.' })),
  },
  {
    additionalProperties: false,
    description: 'Stops sending to an endpoint that keeps failing. Today each proxy guards each endpoint by itself.',
    examples: [{ openWhen: { failures: 5, errorRate: '50%', within: '10s', minRequests: 20 }, openFor: '30s' }],
  },
)
