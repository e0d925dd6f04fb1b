import { Type } from 'typebox'
import { duration, percent } from '../../config/schema/scalars.ts'

const conditions = ['connect-failure', 'refused-stream', 'reset', '5xx', 'gateway-error', '409', 'per-try-timeout'] as const
export type Condition = (typeof conditions)[number]

/** What the user writes on a route. */
export interface Written {
  attempts?: number
  when?: Condition[]
  statuses?: number[]
  backoff?: { initial?: string; factor?: number; max?: string; retryAfter?: string }
  methods?: string[]
}

/** What the user writes on a service. */
export interface WrittenBudget {
  percent?: string
  minConcurrency?: number
}

export const idempotent = ['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PUT', 'TRACE'] as const

const backoff = Type.Object(
  {
    initial: Type.Optional(
      duration({ description: 'Wait before the second attempt; the real wait is random between zero and this.', default: '25ms' }),
    ),
    factor: Type.Optional(Type.Literal(2, { description: 'Growth from one attempt to the next. Envoy knows only 2.', default: 2 })),
    max: Type.Optional(duration({ description: 'Longest wait.', default: '250ms' })),
    retryAfter: Type.Optional(
      duration({ description: 'Waits as long as the Retry-After of an answer says, when that is at most this. Default: it is not looked at.' }),
    ),
  },
  { additionalProperties: false, description: 'Growing, random wait between attempts.' },
)

export const schema = Type.Object(
  {
    attempts: Type.Optional(Type.Integer({ minimum: 1, maximum: 10, description: 'Most attempts, the first one included.', default: 3 })),
    when: Type.Optional(
      Type.Array(Type.Enum([...conditions]), {
        minItems: 1,
        uniqueItems: true,
        description: 'What is tried again.',
        default: ['connect-failure', 'refused-stream', 'reset'],
      }),
    ),
    statuses: Type.Optional(
      Type.Array(Type.Integer({ minimum: 400, maximum: 599 }), {
        minItems: 1,
        uniqueItems: true,
        description: 'Single statuses that are tried again as well.',
      }),
    ),
    backoff: Type.Optional(backoff),
    methods: Type.Optional(
      Type.Array(Type.String({ pattern: '^[A-Z]+$' }), {
        minItems: 1,
        uniqueItems: true,
        description:
          'Methods that may be tried again. POST and PATCH are not idempotent: name them only when the service can take the same request twice.',
        default: [...idempotent],
      }),
    ),
  },
  {
    additionalProperties: false,
    description: 'Tries a failed request again, on another endpoint when there is one.',
    examples: [{ attempts: 3, when: ['connect-failure', '5xx'], backoff: { initial: '100ms', max: '30s' } }],
  },
)

export const budgetSchema = Type.Object(
  {
    percent: Type.Optional(percent({ description: 'Most retries at once, as a share of the requests under way.', default: '20%' })),
    minConcurrency: Type.Optional(Type.Integer({ minimum: 0, maximum: 100_000, description: 'Retries that are allowed at any load.', default: 10 })),
  },
  {
    additionalProperties: false,
    description: 'Bounds the retries to this service, so that they cannot multiply an overload.',
    examples: [{ percent: '20%', minConcurrency: 10 }],
  },
)
