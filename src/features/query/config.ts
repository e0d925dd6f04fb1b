import { Type } from 'typebox'

/** What the user writes. */
export interface Written {
  set?: Record<string, string>
  add?: Record<string, string>
  remove?: string[]
}

const name = '^[\\x21-\\x7e]{1,128}$'

const values = (description: string, example: Record<string, string>) =>
  Type.Optional(
    Type.Record(Type.String({ pattern: name }), Type.String({ pattern: '^[\\x20-\\x7e\\x80-\\uffff]*$', maxLength: 2048 }), {
      description,
      title: 'value of a parameter',
      additionalProperties: false,
      minProperties: 1,
      maxProperties: 32,
      examples: [example],
    }),
  )

export const schema = Type.Object(
  {
    set: values(
      'Parameters that have this value alone, whatever the client sent. Attributes of the request stand in braces, such as {request.path.id}; `{{` is one brace.',
      { tenant: '{request.header.x-tenant}' },
    ),
    add: values('Parameters that are there besides what the client sent; written as in `set`.', { tag: 'gateway' }),
    remove: Type.Optional(
      Type.Array(Type.String({ pattern: name }), {
        description: 'Parameters that go.',
        uniqueItems: true,
        minItems: 1,
        maxItems: 32,
        examples: [['debug']],
      }),
    ),
  },
  {
    additionalProperties: false,
    minProperties: 1,
    description: 'Query parameters to set, add and remove. Names and values are written as they are meant, without escapes.',
    examples: [{ set: { version: '2' }, remove: ['debug'] }],
  },
)
