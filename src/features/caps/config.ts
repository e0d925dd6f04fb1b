import { Type } from 'typebox'
import { duration } from '../../config/schema/scalars.ts'

/** What the user writes. */
export interface Written {
  connections?: number
  pending?: number
  requests?: number
  overflow?: { status?: 429 | 503; retryAfter?: string }
}

const cap = (description: string) => Type.Optional(Type.Integer({ minimum: 1, maximum: 4_294_967_295, description, default: 1024 }))

const overflow = Type.Object(
  {
    status: Type.Optional(Type.Enum([429, 503], { description: 'Status of the answer.', default: 503 })),
    retryAfter: Type.Optional(duration({ description: 'When the caller may come back, in whole seconds: the Retry-After header.', default: '1s' })),
  },
  { additionalProperties: false, description: 'What requests above a cap get.' },
)

export const schema = Type.Object(
  {
    connections: cap('Connections to all endpoints of the service together.'),
    pending: cap('Requests that wait for a connection.'),
    requests: cap('Requests under way at once.'),
    overflow: Type.Optional(overflow),
  },
  {
    additionalProperties: false,
    description: 'Most that one proxy sends to the service at once. What is above is answered without reaching it.',
    examples: [{ connections: 1024, pending: 256, requests: 2048, overflow: { status: 429, retryAfter: '2s' } }],
  },
)
