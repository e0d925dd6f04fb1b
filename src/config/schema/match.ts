import Type from 'typebox'
import type { Static } from 'typebox'

const value = Type.String({ maxLength: 4096 })
const condition = Type.Union(
  [
    Type.String({ description: 'The exact value.', maxLength: 4096 }),
    Type.Object({ present: Type.Boolean({ description: 'Whether it must be there (true) or must not (false).' }) }, { additionalProperties: false }),
    Type.Object({ exact: Type.String({ ...value, description: 'The exact value.' }) }, { additionalProperties: false }),
    Type.Object({ prefix: Type.String({ ...value, description: 'What the value begins with.', minLength: 1 }) }, { additionalProperties: false }),
    Type.Object({ regex: Type.String({ ...value, description: 'RE2 syntax; matches the whole value.', minLength: 1 }) }, { additionalProperties: false }),
  ],
  { description: 'A value, or one of present, exact, prefix, regex.', examples: ['blue', { present: true }, { prefix: 'v2.' }] },
)

const conditions = (description: string, example: unknown, names: string) =>
  Type.Record(Type.String(), condition, { description, examples: [example], propertyNames: { type: 'string', pattern: names }, minProperties: 1 })

export const match = Type.Object(
  {
    path: Type.Optional(
      Type.Union(
        [
          Type.String({ description: 'The whole path, `/prefix/*`, or a template such as `/users/{user}/orders` or `/files/{rest=**}`.', minLength: 1, maxLength: 4096 }),
          Type.Object({ regex: Type.String({ description: 'RE2 syntax; matches the whole path.', minLength: 1, maxLength: 4096 }) }, { additionalProperties: false }),
        ],
        { description: 'The path without the query, after normalisation.', default: '/*', examples: ['/api/v1/orders/*', '/health', '/users/{user}/orders', { regex: '/v[0-9]+/.*' }] },
      ),
    ),
    methods: Type.Optional(
      Type.Array(Type.String({ pattern: '^[A-Z][A-Z0-9_-]{0,31}$', title: 'method in capitals', examples: ['GET'] }), {
        description: 'Request methods; absent means any.',
        minItems: 1,
        uniqueItems: true,
        examples: [['GET', 'POST']],
      }),
    ),
    headers: Type.Optional(conditions('Conditions on headers, all of which must hold.', { 'x-beta': { present: true } }, "^:?[A-Za-z0-9!#$%&'*+.^_`|~-]{1,128}$")),
    query: Type.Optional(conditions('Conditions on query parameters, all of which must hold.', { version: '2' }, '^.{1,256}$')),
  },
  { description: 'What a request must look like.', additionalProperties: false, examples: [{ path: '/api/v1/orders/*', methods: ['GET'] }] },
)

export type MatchValue = Static<typeof match>
export type ConditionValue = Static<typeof condition>
