import { Type } from 'typebox'

/** What the user writes. */
export interface Written {
  connections?: number
  pending?: number
  requests?: number
}

const cap = (description: string) => Type.Optional(Type.Integer({ minimum: 1, maximum: 4_294_967_295, description, default: 1024 }))

export const schema = Type.Object(
  {
    connections: cap('Connections to all endpoints of the service together.'),
    pending: cap('Requests that wait for a connection.'),
    requests: cap('Requests under way at once.'),
  },
  {
    additionalProperties: false,
    description: 'Most that one proxy sends to the service at once. What is above gets 503 without reaching it.',
    examples: [{ connections: 1024, pending: 256, requests: 2048 }],
  },
)
