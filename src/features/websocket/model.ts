import type { LowerCx, NodeDraft } from '../../feature.ts'
import type { Written } from './config.ts'

export interface WebSocketPolicy {
  /** In lower case, sorted; absent: every page. */
  readonly origins?: readonly string[]
}

export function lower(value: unknown, _node: NodeDraft, _cx: LowerCx): WebSocketPolicy {
  const written = value as Written
  return written === true ? {} : { origins: [...new Set(written.origins.map((origin) => origin.toLowerCase()))].sort() }
}

export function written({ origins }: WebSocketPolicy): unknown {
  return origins ? { origins } : true
}
