import { pathGuards } from './guard.ts'

/** A path as routes see it and as it is forwarded, or why it is answered with 400. */
export type NormalPath = { readonly path: string; readonly query: string | undefined } | { readonly refused: string }

/**
 * Normalises the raw `:path` (path and query) exactly as Envoy does with `normalize_path`, `merge_slashes` and escaped slashes rejected,
 * and refuses what the guard routes refuse. The query is kept as it is. Over HTTP/2 Envoy escapes bytes above 0x7f instead of refusing them;
 * HTTP/1.1 is what counts here. Absolute targets (`GET http://host/path`) are not paths: Envoy has split them before.
 */
export function normalizePath(raw: string): NormalPath {
  if (!raw.startsWith('/')) return { refused: 'the path does not begin with /' }
  if (raw.includes('#')) return { refused: 'the path has a fragment' }
  if (/[^\x21-\x7e]/.test(raw)) return { refused: 'the path has a byte that must be percent-encoded' }
  const mark = raw.indexOf('?')
  const before = mark === -1 ? raw : raw.slice(0, mark)
  if (/%(?:2f|5c)/i.test(before)) return { refused: 'the path has an encoded slash' }
  if (before.includes('%00')) return { refused: 'the path has an encoded zero byte' }
  const path = mergeSlashes(resolveDots(dropDotParameters(before)))
  for (const guard of pathGuards) if (guard.refuses(path)) return { refused: guard.reason }
  return { path, query: mark === -1 ? undefined : raw.slice(mark + 1) }
}

/** Drops the parameter of a dot segment: `/a/..;x/b` is `/a/../b`. Encoded dots keep theirs and are refused later; a backslash ends no segment yet. */
function dropDotParameters(path: string): string {
  return path.replace(/(?<=\/)(\.\.?);[^/]*/g, '$1')
}

/**
 * Removes `.` and `..` segments and spells the others in one way. Empty segments count, because slashes are merged only afterwards;
 * above the root there is nothing.
 */
function resolveDots(path: string): string {
  const segments = path.split(/[/\\]/).slice(1).map(canonicalChars)
  const kept: string[] = []
  for (const [index, segment] of segments.entries()) {
    if (segment === '..') kept.pop()
    else if (segment !== '.') kept.push(segment)
    if ((segment === '..' || segment === '.') && index === segments.length - 1) kept.push('')
  }
  return `/${kept.join('/')}`
}

/**
 * Decodes escapes of unreserved characters and escapes what may not stand in a path.
 * Where decoding would complete an escape that was invalid before, as in `%%32%65`, its percent sign is escaped: `%252e`.
 */
function canonicalChars(segment: string): string {
  let out = ''
  let percent = -3
  for (let at = 0; at < segment.length; at++) {
    const char = segment.charAt(at)
    if (char !== '%') out += /[|<>"{}^`]/.test(char) ? `%${char.charCodeAt(0).toString(16).toUpperCase()}` : char
    else if (!isHex(segment.slice(at + 1, at + 3))) {
      percent = out.length
      out += char
    } else {
      const escape = segment.slice(at, at + 3)
      const decoded = String.fromCharCode(parseInt(escape.slice(1), 16))
      at += 2
      const plain = /[A-Za-z0-9._~-]/.test(decoded)
      out += plain ? decoded : escape
      const completes = isHex((out.slice(percent + 1) + segment.charAt(at + 1)).slice(0, 2)) && out.length - percent <= 3
      if (plain && completes) out = `${out.slice(0, percent)}%25${out.slice(percent + 1)}`
    }
  }
  return out
}

function isHex(pair: string): boolean {
  return /^[0-9A-Fa-f]{2}$/.test(pair)
}

/** Envoy keeps two slashes of a path that is nothing else. */
function mergeSlashes(path: string): string {
  return /^\/{2,}$/.test(path) ? '//' : path.replace(/\/{2,}/g, '/')
}
