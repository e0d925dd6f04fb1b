import type { ConditionValue, MatchValue } from '../config/schema/match.ts'
import type { Path } from '../diagnostics/diagnostic.ts'
import type { LowerCx } from '../feature.ts'
import type { Match, PathMatch, ValueMatch } from './gateway.ts'
import { regexProblem } from './regex.ts'
import { parsePath } from './parse-path.ts'

/** Reads `match`: one object or a list of alternatives; absent means every path. */
export function lowerMatches(written: MatchValue | readonly MatchValue[] | undefined, cx: LowerCx): Match[] {
  if (written === undefined) return [everything]
  if (!isList(written)) return lowerMatch(written, ['match'], cx)
  return written.flatMap((one, index) => lowerMatch(one, ['match', index], cx))
}

/** `Array.isArray` does not narrow a readonly list. */
function isList<T>(value: T | readonly T[]): value is readonly T[] {
  return Array.isArray(value)
}

const everything: Match = { path: { type: 'prefix', path: '/' }, methods: [], headers: [], query: [] }

function lowerMatch(written: MatchValue, at: Path, cx: LowerCx): Match[] {
  const path = lowerPath(written.path, [...at, 'path'], cx)
  const headers = lowerValues(written.headers, [...at, 'headers'], cx, (name) => name.toLowerCase())
  const query = lowerValues(written.query, [...at, 'query'], cx, (name) => name)
  if (!path || !headers || !query) return []
  return [{ path, methods: [...new Set(written.methods ?? [])].sort(), headers, query }]
}

function lowerPath(written: MatchValue['path'], at: Path, cx: LowerCx): PathMatch | undefined {
  if (written === undefined) return everything.path
  if (typeof written === 'string') {
    const path = parsePath(written)
    if (!('message' in path)) return path
    cx.report({ code: 'route/bad-path', message: path.message, path: at, ...(path.help ? { help: path.help } : {}) })
    return undefined
  }
  return usableRegex(written.regex, [...at, 'regex'], cx) ? { type: 'regex', regex: written.regex } : undefined
}

function lowerValues(
  written: Record<string, ConditionValue> | undefined,
  at: Path,
  cx: LowerCx,
  naming: (name: string) => string,
): ValueMatch[] | undefined {
  const result: ValueMatch[] = []
  let sound = true
  for (const [key, value] of Object.entries(written ?? {})) {
    const name = naming(key)
    if (typeof value === 'string') result.push({ name, type: 'exact', value })
    else if ('exact' in value) result.push({ name, type: 'exact', value: value.exact })
    else if ('prefix' in value) result.push({ name, type: 'prefix', value: value.prefix })
    else if ('present' in value) result.push({ name, type: 'present', value: value.present })
    else if (usableRegex(value.regex, [...at, key, 'regex'], cx)) result.push({ name, type: 'regex', value: value.regex })
    else sound = false
  }
  return sound ? result.sort((a, b) => (a.name < b.name ? -1 : 1)) : undefined
}

/** Envoy takes RE2 syntax (https://github.com/google/re2/wiki/Syntax); anything else would be refused by the proxy, or behave differently on another engine. */
function usableRegex(regex: string, at: Path, cx: LowerCx): boolean {
  const problem = regexProblem(regex)
  if (problem === undefined) return true
  cx.report({
    code: 'route/bad-regex',
    message: `"${regex}" is not a regular expression in RE2 syntax: ${problem}`,
    path: at,
    ...(/\(\?[=!<]|\\[1-9]/.test(regex) && { help: 'look-around and back-references do not exist in RE2' }),
  })
  return false
}
