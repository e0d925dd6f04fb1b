import type { Path } from '../diagnostics/diagnostic.ts'
import type { LowerCx } from '../feature.ts'
import { type Attribute, type AttributeType, type AttributeUse, parseAttribute } from './attribute.ts'

/** Reads an attribute for one use; reports one that the use does not take, with the reason. The schema has already refused other texts. */
export function readAttribute(text: string, use: AttributeUse, path: Path, cx: LowerCx): Attribute | undefined {
  const attribute = parseAttribute(text)
  if (!attribute) return undefined
  const taken = use[attribute.type]
  if (taken === true) return attribute
  const others = (Object.keys(use) as AttributeType[]).filter((type) => use[type] === true)
  cx.report({ code: 'attribute/not-here', message: `${text} ${taken}`, path, help: `use ${others.map(example).join(', ')}` })
  return undefined
}

function example(type: AttributeType): string {
  if (type === 'request.path') return 'request.path.PARAM'
  return type === 'request.header' || type === 'request.cookie' || type === 'request.query' ? `${type}.NAME` : type
}
