import { Type } from 'typebox'
import { duration, percent } from '../../config/schema/scalars.ts'
import { attributePattern } from '../../model/attribute.ts'

const strategies = ['round-robin', 'least-request', 'random', 'ring-hash', 'maglev', 'peak-load'] as const
export type Strategy = (typeof strategies)[number]

const strategy = Type.Enum([...strategies], { description: 'How the next endpoint is chosen.', default: 'round-robin', examples: ['least-request'] })

/** What the user writes. */
export type Written = Strategy | WrittenFields

export interface WrittenFields {
  strategy?: Strategy
  key?: string
  slowStart?: string
  panicBelow?: string
  choices?: number
  reportsExpire?: string
  zones?: { prefer: string[]; spillBelow?: string }
}

const zones = Type.Object(
  {
    prefer: Type.Array(Type.String({ minLength: 1, maxLength: 63 }), {
      description: 'Zones in the order of preference; endpoints of all other zones, and those without one, come last.',
      minItems: 1,
      maxItems: 16,
      uniqueItems: true,
      examples: [['eu-1a', 'eu-1b'], ['${ZONE}']],
    }),
    spillBelow: Type.Optional(
      percent({
        description: 'Share of healthy endpoints below which a zone cannot carry everything: the part that it lacks goes to the next.',
        default: '70%',
      }),
    ),
  },
  {
    description: 'Which zones take the requests as long as enough of their endpoints are healthy.',
    additionalProperties: false,
    examples: [{ prefer: ['eu-1a'], spillBelow: '70%' }],
  },
)

const long = Type.Object(
  {
    strategy: Type.Optional(strategy),
    key: Type.Optional(
      Type.String({
        pattern: attributePattern,
        title: 'attribute',
        description: 'Attribute whose value picks the endpoint, for ring-hash and maglev; requests without it go to a random endpoint.',
        examples: ['client.ip', 'request.header.x-user', 'request.cookie.session', 'request.query.tenant', 'request.path.user', 'request.host'],
      }),
    ),
    slowStart: Type.Optional(
      duration({
        description:
          'Time in which the share of a new or recovered endpoint grows from a tenth to the whole; for round-robin, least-request and peak-load.',
        examples: ['30s'],
      }),
    ),
    panicBelow: Type.Optional(
      percent({
        description: 'Share of healthy endpoints below which sick ones are used as well. At 0% never: without a healthy endpoint requests get 503.',
        default: '0%',
        examples: ['30%'],
      }),
    ),
    choices: Type.Optional(
      Type.Integer({
        description: 'How many random endpoints least-request compares; two, when nothing else is written.',
        minimum: 2,
        maximum: 100,
        examples: [3],
      }),
    ),
    reportsExpire: Type.Optional(
      duration({
        description:
          'Age from which on the load that an instance reported counts no more and its written weight holds again. With peak-load 15s, when nothing else is written.',
        examples: ['15s', '1m'],
      }),
    ),
    zones: Type.Optional(zones),
  },
  { additionalProperties: false },
)

export const schema = Type.Union([strategy, long], {
  description: 'How requests are spread over the endpoints of the service.',
  default: 'round-robin',
  examples: ['least-request', { strategy: 'ring-hash', key: 'client.ip' }, { strategy: 'least-request', slowStart: '30s' }],
})
