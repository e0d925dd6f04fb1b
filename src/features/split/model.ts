import type { LowerCx, NodeDraft } from '../../feature.ts'
import { type Attribute, hashKeys } from '../../model/attribute.ts'
import { readAttribute } from '../../model/read-attribute.ts'
import type { Written } from './config.ts'

export interface Split {
  readonly by: Attribute
}

export function lower(value: unknown, _node: NodeDraft, cx: LowerCx): Split | undefined {
  const by = readAttribute((value as Written).by, hashKeys, ['split', 'by'], cx)
  return by && { by }
}
