import { Type } from 'typebox'
import { name, percent } from '../../config/schema/scalars.ts'

/** What the user writes. */
export type Written = WrittenMirror | WrittenMirror[]

interface WrittenMirror {
  to: string
  percent?: string
}

const one = Type.Object(
  {
    to: name({ description: 'Name of the service that gets the copies.', examples: ['orders-next'] }),
    percent: Type.Optional(percent({ description: 'Share of the requests that are copied.', default: '100%', examples: ['10%'] })),
  },
  { additionalProperties: false },
)

export const schema = Type.Union(
  [one, Type.Array(one, { minItems: 1, maxItems: 4, description: 'Several services, each with a share of its own.' })],
  {
    description: 'Sends copies of requests to another service. Its answers are thrown away, and nobody waits for them.',
    examples: [{ to: 'orders-next', percent: '10%' }],
  },
)
