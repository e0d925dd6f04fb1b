import { Type } from 'typebox'
import { duration, percent } from '../../config/schema/scalars.ts'

/** What the user writes. */
export interface Written {
  consecutive5xx?: number
  consecutiveGatewayErrors?: number
  consecutiveLocalErrors?: number
  successRate?: { deviations?: number; minEndpoints?: number; minRequests?: number }
  failureRate?: { above?: string; minEndpoints?: number; minRequests?: number }
  interval?: string
  ejectFor?: string
  maxEjectFor?: string
  maxEjected?: string
}

const inARow = (description: string, fallback?: number) =>
  Type.Optional(Type.Integer({ minimum: 1, maximum: 10_000, description, ...(fallback === undefined ? {} : { default: fallback }) }))

const atLeast = (requests: number) => ({
  minEndpoints: Type.Optional(
    Type.Integer({ minimum: 1, maximum: 10_000, description: 'Endpoints that must have enough requests, else nothing is judged.', default: 5 }),
  ),
  minRequests: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: 1_000_000,
      description: 'Requests of an endpoint in the interval, else it is not judged.',
      default: requests,
    }),
  ),
})

const successRate = Type.Object(
  {
    deviations: Type.Optional(
      Type.Number({
        minimum: 0.1,
        maximum: 10,
        description: 'An endpoint goes when its share of successes is below the mean of all by more than so many standard deviations.',
        default: 1.9,
      }),
    ),
    ...atLeast(100),
  },
  { additionalProperties: false, description: 'Compares the endpoints with each other in each interval. Default: not judged.' },
)

const failureRate = Type.Object(
  {
    above: Type.Optional(percent({ description: 'An endpoint goes when this share of its requests failed, or more.', default: '85%' })),
    ...atLeast(50),
  },
  { additionalProperties: false, description: 'Judges each endpoint by itself in each interval. Default: not judged.' },
)

export const schema = Type.Object(
  {
    consecutive5xx: inARow('Answers with 5xx in a row, connection errors included, that eject an endpoint.', 5),
    consecutiveGatewayErrors: inARow('Answers with 502, 503 or 504 in a row that eject an endpoint. Default: not counted apart.'),
    consecutiveLocalErrors: inARow(
      'Attempts in a row without any answer (no connection, reset, timeout) that eject an endpoint; the two above then count answers only. Default: not counted apart.',
    ),
    successRate: Type.Optional(successRate),
    failureRate: Type.Optional(failureRate),
    interval: Type.Optional(
      duration({ description: 'The time over which rates are judged, and how often ejected endpoints are looked at again.', default: '1s' }),
    ),
    ejectFor: Type.Optional(duration({ description: 'How long an endpoint stays out the first time.', default: '30s' })),
    maxEjectFor: Type.Optional(
      duration({ description: 'Each further time in a row is longer by `ejectFor`, up to this. Default: as long as the first time.' }),
    ),
    maxEjected: Type.Optional(percent({ description: 'Most of the endpoints that may be out at once.', default: '100%' })),
  },
  {
    additionalProperties: false,
    description: 'Takes an endpoint out for a while when its answers to real requests are bad.',
    examples: [
      { consecutive5xx: 5, ejectFor: '30s' },
      { successRate: { deviations: 1.9 }, interval: '10s', ejectFor: '30s', maxEjectFor: '5m', maxEjected: '50%' },
    ],
  },
)
