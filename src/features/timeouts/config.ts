import { Type } from 'typebox'
import { duration } from '../../config/schema/scalars.ts'

/** What the user writes on a route. */
export interface Written {
  request?: string
  perTry?: string
  idle?: string
}

export const schema = Type.Object(
  {
    request: Type.Optional(duration({ description: 'Time for the whole request, all attempts included; 0s means no limit.', default: '15s' })),
    perTry: Type.Optional(duration({ description: 'Time for one attempt. Default: what is left of `request`.' })),
    idle: Type.Optional(duration({ description: 'Time without a byte in either direction; 0s means no limit.', default: '5m' })),
  },
  { additionalProperties: false, description: 'How long a request may take.', examples: [{ request: '30s', perTry: '8s', idle: '5m' }] },
)

export const connectSchema = duration({ description: 'Time to connect to an endpoint.', default: '5s' })
