import type { AttributeText } from '../model/attribute-text.ts'
import type { Json } from './parts.ts'

/** A text as the Lua runtime wants it: a plain one, or a list of texts and attributes. */
export function textData(text: string | AttributeText): Json {
  return typeof text === 'string' ? text : text.parts.map((part) => (typeof part === 'string' ? part : { ...part }))
}
