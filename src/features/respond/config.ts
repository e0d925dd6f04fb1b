import { Type } from 'typebox'
import { answerFields } from '../../config/schema/fixed-answer.ts'

export const schema = Type.Object(answerFields, {
  additionalProperties: false,
  description: 'Answers by itself, without a service.',
  examples: [{ status: 200, json: { ok: true } }],
})
