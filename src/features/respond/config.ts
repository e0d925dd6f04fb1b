import { Type } from 'typebox'

/** What the user writes. */
export interface Written {
  status: number
  text?: string
  json?: unknown
  headers?: Record<string, string>
}

export const schema = Type.Object(
  {
    status: Type.Integer({ minimum: 200, maximum: 599, description: 'Status of the answer.' }),
    text: Type.Optional(Type.String({ description: 'Body, as text/plain.' })),
    json: Type.Optional(Type.Unknown({ description: 'Body, as application/json.' })),
    headers: Type.Optional(
      Type.Record(
        Type.String({ pattern: "^[A-Za-z0-9!#$%&'*+.^_`|~-]+$" }),
        Type.String({ pattern: '^[\\x20-\\x7e\\x80-\\uffff]*$', maxLength: 4096 }),
        {
          description: 'Further headers.',
          additionalProperties: false,
        },
      ),
    ),
  },
  { additionalProperties: false, description: 'Answers by itself, without a service.', examples: [{ status: 200, json: { ok: true } }] },
)
