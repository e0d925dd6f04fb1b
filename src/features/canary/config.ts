import { Type } from 'typebox'
import { name, percent } from '../../config/schema/scalars.ts'
import { attributePattern } from '../../model/attribute.ts'

/** What the user writes. */
export interface Written {
  to: string | { service: string; labels?: Record<string, string> }
  percent?: string
  by?: string
  force?: WrittenConditions
  never?: WrittenConditions
}

export interface WrittenConditions {
  headers?: Record<string, string>
  cookies?: Record<string, string>
}

const values = (kind: string, key: string, pattern: string, value: string, example: Record<string, string>) =>
  Type.Optional(
    Type.Record(Type.String({ pattern: key }), Type.String({ pattern, minLength: 1, maxLength: 256 }), {
      title: value,
      description: `Values of ${kind}, any of which is enough.`,
      additionalProperties: false,
      minProperties: 1,
      maxProperties: 8,
      examples: [example],
    }),
  )

const conditions = (description: string, example: string) =>
  Type.Optional(
    Type.Object(
      {
        headers: values('headers', "^[A-Za-z0-9!#$%&'*+^`|~-]{1,128}$", '^[\\x21-\\x7e]([\\x20-\\x7e]*[\\x21-\\x7e])?$', 'header value', {
          'x-canary': example,
        }),
        cookies: values('cookies', "^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,128}$", '^[\\x21\\x23-\\x2b\\x2d-\\x3a\\x3c-\\x5b\\x5d-\\x7e]+$', 'cookie value', {
          canary: example,
        }),
      },
      { additionalProperties: false, minProperties: 1, description, examples: [{ headers: { 'x-canary': example } }] },
    ),
  )

const target = Type.Object(
  {
    service: name({ description: 'Name of the service.', examples: ['orders'] }),
    labels: Type.Optional(
      Type.Record(Type.String(), Type.String({ minLength: 1, maxLength: 128 }), {
        description: 'Only endpoints that have all these labels.',
        examples: [{ version: 'v2' }],
      }),
    ),
  },
  { additionalProperties: false },
)

export const schema = Type.Object(
  {
    to: Type.Union([name({ description: 'Name of the service.', examples: ['orders-next'] }), target], {
      description: 'Where chosen requests go in place of `to` of the route.',
      examples: ['orders-next', { service: 'orders', labels: { version: 'v2' } }],
    }),
    percent: Type.Optional(percent({ description: 'Share of the requests that are neither forced nor kept out.', default: '0%', examples: ['5%'] })),
    by: Type.Optional(
      Type.String({
        pattern: attributePattern,
        title: 'attribute',
        description:
          'Attribute whose value decides about the share, so that a caller always gets the same. Requests without it are decided one by one. Who is in at 5% is still in at 10%.',
        examples: ['request.cookie.uid', 'request.header.x-user'],
      }),
    ),
    force: conditions('Requests that go there whatever the share is.', 'always'),
    never: conditions('Requests that never go there; stronger than `force`.', 'never'),
  },
  {
    additionalProperties: false,
    description: 'Sends some requests to another target first.',
    examples: [{ to: 'orders-next', percent: '5%', by: 'request.cookie.uid', force: { headers: { 'x-canary': 'always' } } }],
  },
)
