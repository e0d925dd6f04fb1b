import type { Match, PathMatch } from './gateway.ts'
import { literalPrefix } from './regex.ts'
import { templatePrefix } from './template.ts'

/** What stands at one place of a path, the most specific first: their letters compare in that order. */
const at = { literal: 'a', end: 'b', one: 'c', regex: 'd', rest: 'e', prefix: 'f' } as const

/**
 * Orders matches by specificity: a smaller text wins. Compared segment by segment: literal, end of an exact path, `{x}`, regex, `{x=**}`, end of a prefix.
 * A regex stands at the end of the whole segments that it surely begins with; of two at one place the one with the longer literal text wins.
 * Equal paths: one with methods before one without, then more header conditions, then more query conditions.
 */
export function specificityKey(match: Match): string {
  const counts = [match.methods.length > 0 ? 0 : 1, fewer(match.headers.length), fewer(match.query.length)]
  return `${pathKey(match.path)} ${counts.join(' ')}`
}

function pathKey(path: PathMatch): string {
  switch (path.type) {
    case 'exact':
      return at.literal.repeat(segments(path.path)) + at.end
    case 'prefix':
      return at.literal.repeat(segments(path.path)) + at.prefix
    case 'template': {
      const kinds = path.segments.map((segment) => at[segment.type]).join('')
      return path.segments.at(-1)?.type === 'rest' ? kinds : kinds + at.end
    }
    case 'regex': {
      const { text, whole } = literalPrefix(path.regex)
      if (whole) return at.literal.repeat(segments(text)) + at.end
      return at.literal.repeat(segments(text.slice(0, Math.max(0, text.lastIndexOf('/'))))) + at.regex + fewer(text.length)
    }
  }
}

/** Number of segments; `/` and the empty text have none. */
function segments(path: string): number {
  return path === '/' || path === '' ? 0 : path.split('/').length - 1
}

/** Larger numbers first, as text of fixed width. */
function fewer(count: number): string {
  return String(99_999 - count).padStart(5, '0')
}

/** Text that every path begins with that the condition takes. No path holds a `?`, so the text ends before one. */
export function requiredPrefix(path: PathMatch): string {
  switch (path.type) {
    case 'exact':
    case 'prefix':
      return path.path
    case 'template':
      return templatePrefix(path.segments)
    case 'regex':
      return literalPrefix(path.regex).text.replace(/\?.*/, '')
  }
}
