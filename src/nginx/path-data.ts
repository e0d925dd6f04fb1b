import type { Match, PathMatch, ValueMatch } from '../model/gateway.ts'
import { requiredPrefix } from '../model/specificity.ts'
import type { Json } from './parts.ts'

/** A match alternative as the Lua runtime wants it. Regular expressions become anchored ones of PCRE. */
export function matchData(match: Match): Json {
  return {
    path: pathData(match.path),
    ...(match.methods.length === 0 ? {} : { methods: match.methods }),
    ...(match.headers.length === 0 ? {} : { headers: match.headers.map(conditionData) }),
    ...(match.query.length === 0 ? {} : { query: match.query.map(conditionData) }),
  }
}

/** `at` is a prefix of whole segments that every matching path has: the runtime looks only at what stands under the prefixes of a path. */
function pathData(path: PathMatch): Json {
  switch (path.type) {
    case 'exact':
      return { type: 'exact', path: path.path }
    case 'prefix':
      return { type: 'prefix', path: path.path }
    case 'template':
      return { type: 'template', at: wholeSegments(path), segments: path.segments.map((segment) => ({ ...segment })) }
    case 'regex':
      return { type: 'regex', at: wholeSegments(path), regex: anchored(path.regex) }
  }
}

function wholeSegments(path: PathMatch): string {
  const text = requiredPrefix(path)
  return text.slice(0, Math.max(0, text.lastIndexOf('/'))) || '/'
}

function conditionData(condition: ValueMatch): Json {
  const { name, type, value } = condition
  return { name, type, value: type === 'regex' ? anchored(value) : value }
}

/** RE2 syntax is nearly a subset of PCRE's; both take the whole text. */
export function anchored(regex: string): string {
  return `\\A(?:${regex})\\z`
}
