import { Type } from 'typebox'
import { attributePattern } from '../../model/attribute.ts'

const strategies = ['round-robin', 'least-request', 'random', 'ring-hash', 'maglev'] as const
export type Strategy = (typeof strategies)[number]

const strategy = Type.Enum([...strategies], { description: 'How the next endpoint is chosen.', default: 'round-robin' })

/** What the user writes. */
export type Written = Strategy | { strategy: Strategy; key?: string }

export const schema = Type.Union(
  [
    strategy,
    Type.Object(
      {
        strategy,
        key: Type.Optional(
          Type.String({
            pattern: attributePattern,
            title: 'attribute',
            description: 'Attribute whose value picks the endpoint, for ring-hash and maglev; requests without it go to a random endpoint.',
            examples: ['client.ip', 'request.header.x-user', 'request.cookie.session', 'request.query.tenant', 'request.path.user', 'request.host'],
          }),
        ),
      },
      { additionalProperties: false },
    ),
  ],
  {
    description: 'How requests are spread over the endpoints of the service.',
    default: 'round-robin',
    examples: ['least-request', { strategy: 'ring-hash', key: 'client.ip' }],
  },
)
