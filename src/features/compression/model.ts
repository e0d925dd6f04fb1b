import type { LowerCx, NodeDraft } from '../../feature.ts'
import { parseSize } from '../../lib/parse-size.ts'
import { type Algorithm, algorithms, usualTypes, type Written } from './config.ts'

export interface Compression {
  readonly algorithms: readonly Algorithm[]
  readonly types: readonly string[]
  /** Bytes. */
  readonly minSize: number
}

/** What both engines can count. */
const largest = 2 ** 31

export function lower(value: unknown, _node: NodeDraft, cx: LowerCx): Compression {
  const written = value as Written
  const minSize = parseSize(written.minSize ?? '1KiB') ?? largest + 1
  if (minSize > largest) {
    cx.report({ code: 'compression/size-out-of-range', message: `${written.minSize} is more than 2GiB`, path: ['compression', 'minSize'] })
  }
  const chosen = written.algorithms ?? algorithms
  return { algorithms: algorithms.filter((one) => chosen.includes(one)), types: [...(written.types ?? usualTypes)].sort(), minSize }
}
