import { Type } from 'typebox'

/** What the user writes for an answer of the gateway's own. */
export interface WrittenAnswer {
  status: number
  text?: string
  json?: unknown
  headers?: Record<string, string>
}

/** The keys of such an answer; a feature that takes more adds its own. */
export const answerFields = {
  status: Type.Integer({ minimum: 200, maximum: 599, description: 'Status of the answer.' }),
  text: Type.Optional(Type.String({ description: 'Body, as text/plain.' })),
  json: Type.Optional(Type.Unknown({ description: 'Body, as application/json.' })),
  headers: Type.Optional(
    Type.Record(
      Type.String({ pattern: "^[A-Za-z0-9!#$%&'*+.^_`|~-]+$" }),
      Type.String({ pattern: '^[\\x20-\\x7e\\x80-\\uffff]*$', maxLength: 4096 }),
      { description: 'Further headers.', additionalProperties: false },
    ),
  ),
}
