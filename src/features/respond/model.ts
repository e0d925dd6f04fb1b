import type { WrittenAnswer } from '../../config/schema/fixed-answer.ts'
import type { LowerCx, NodeDraft } from '../../feature.ts'
import { type FixedAnswer, lowerAnswer, writtenAnswer } from '../../model/fixed-answer.ts'

export type Respond = FixedAnswer

const codes = { twoBodies: 'respond/text-and-json', tooLarge: 'respond/body-too-large' }

export function lower(value: unknown, _node: NodeDraft, cx: LowerCx): Respond {
  return lowerAnswer(value as WrittenAnswer, ['respond'], codes, cx)
}

export const written = writtenAnswer
