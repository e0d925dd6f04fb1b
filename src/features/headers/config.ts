import { Type } from 'typebox'

/** What the user writes. */
export interface Written {
  request?: Changes
  response?: Changes
}

export interface Changes {
  set?: Record<string, string>
  add?: Record<string, string>
  remove?: string[]
}

const name = "^[A-Za-z0-9!#$%&'*+.^_`|~-]+$"
const values = (description: string) =>
  Type.Optional(
    Type.Record(Type.String({ pattern: name }), Type.String({ pattern: '^[\\x20-\\x7e\\x80-\\uffff]*$', maxLength: 4096 }), {
      description,
      additionalProperties: false,
    }),
  )

const changes = (description: string) =>
  Type.Optional(
    Type.Object(
      {
        set: values(
          'Headers that get this value, whatever was there. Attributes of the request stand in braces, such as {client.ip}; `{{` is one brace.',
        ),
        add: values('Headers that get this value besides what was there; written as in `set`.'),
        remove: Type.Optional(Type.Array(Type.String({ pattern: name }), { description: 'Headers that go.', uniqueItems: true })),
      },
      { additionalProperties: false, description },
    ),
  )

export const schema = Type.Object(
  { request: changes('On the way to the service.'), response: changes('On the way back.') },
  {
    additionalProperties: false,
    description: 'Headers to set, add and remove.',
    examples: [{ request: { set: { 'x-from': 'gateway', 'x-client': '{client.ip}' } }, response: { remove: ['x-powered-by'] } }],
  },
)
