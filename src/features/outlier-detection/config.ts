import { Type } from 'typebox'
import { duration, percent } from '../../config/schema/scalars.ts'

/** What the user writes. */
export interface Written {
  consecutive5xx?: number
  consecutiveGatewayErrors?: number
  interval?: string
  ejectFor?: string
  maxEjected?: string
}

export const schema = Type.Object(
  {
    consecutive5xx: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 10_000,
        description: 'Answers with 5xx in a row, connection errors included, that eject an endpoint.',
        default: 5,
      }),
    ),
    consecutiveGatewayErrors: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 10_000,
        description: 'Answers with 502, 503 or 504 in a row that eject an endpoint. Default: not counted apart.',
      }),
    ),
    interval: Type.Optional(duration({ description: 'How often ejected endpoints are looked at again.', default: '1s' })),
    ejectFor: Type.Optional(duration({ description: 'How long an endpoint stays out.', default: '30s' })),
    maxEjected: Type.Optional(percent({ description: 'Most of the endpoints that may be out at once.', default: '100%' })),
  },
  {
    additionalProperties: false,
    description: 'Takes an endpoint out for a while when its answers to real requests are bad.',
    examples: [{ consecutive5xx: 5, ejectFor: '30s' }],
  },
)
