import type { Path } from '../diagnostics/diagnostic.ts'
import type { LowerCx } from '../feature.ts'
import { parseDuration } from '../lib/parse-duration.ts'

/** Reads a written duration as milliseconds and reports one that is out of range; the schema has already refused other texts. */
export function readDuration(text: string, path: Path, cx: LowerCx, least = 1): number {
  const ms = parseDuration(text)
  if (ms !== undefined && ms >= least) return ms
  const bound = ms === undefined ? 'at most 365d' : `at least ${least}ms`
  cx.report({ code: 'config/duration-out-of-range', message: `${text} is out of range: it must be ${bound}`, path })
  return least
}
