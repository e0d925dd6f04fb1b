import { Type } from 'typebox'
import { duration } from '../../config/schema/scalars.ts'

/** What the user writes. Durations are texts such as `5s`. */
export interface Written {
  path?: string
  host?: string
  expect?: number[]
  interval?: string
  timeout?: string
  unhealthyAfter?: number
  healthyAfter?: number
}

export const schema = Type.Object(
  {
    path: Type.Optional(
      Type.String({ pattern: '^/[\\x21-\\x7e]*$', title: 'path', examples: ['/health'], description: 'Path to ask for.', default: '/health' }),
    ),
    host: Type.Optional(Type.String({ minLength: 1, description: 'Host header of the check. Default: the name of the service.' })),
    expect: Type.Optional(
      Type.Array(Type.Integer({ minimum: 100, maximum: 599 }), {
        minItems: 1,
        uniqueItems: true,
        description: 'Statuses that mean healthy.',
        default: [200],
      }),
    ),
    interval: Type.Optional(duration({ description: 'Time between checks of one endpoint.', default: '5s' })),
    timeout: Type.Optional(duration({ description: 'Time after which a check counts as failed.', default: '1s' })),
    unhealthyAfter: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 100, description: 'Failed checks in a row that take an endpoint out.', default: 3 }),
    ),
    healthyAfter: Type.Optional(Type.Integer({ minimum: 1, maximum: 100, description: 'Passed checks in a row that take it back.', default: 2 })),
  },
  {
    additionalProperties: false,
    description: 'Asks every endpoint for its health and sends requests only to the healthy ones.',
    examples: [{ path: '/health', interval: '5s', timeout: '1s', unhealthyAfter: 3, healthyAfter: 2 }],
  },
)
