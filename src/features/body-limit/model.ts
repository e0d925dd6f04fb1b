import type { LowerCx, NodeDraft } from '../../feature.ts'
import { parseSize } from '../../lib/parse-size.ts'
import type { Written } from './config.ts'

/** Largest limit in bytes, 1 TiB: what both engines can count. */
const largest = 2 ** 40

/** The limit in bytes. */
export type BodyLimit = number

export function lower(value: unknown, _node: NodeDraft, cx: LowerCx): BodyLimit | undefined {
  const written = value as Written
  const bytes = parseSize(written)
  if (bytes !== undefined && bytes > 0 && bytes <= largest) return bytes
  const help = 'to take no body at all, match only methods without one; to take any, write `bodyLimit: none`'
  cx.report({ code: 'body-limit/out-of-range', message: `${written} is not between 1B and 1TiB`, path: ['bodyLimit'], help })
  return undefined
}
