import type { PathMatch, TemplateSegment } from './gateway.ts'
import { normalizePath } from './path.ts'

/** Why a written path cannot be a path match, and what to write instead. */
export interface PathProblem {
  readonly message: string
  readonly help?: string
}

/** Reads `/exact`, `/prefix/*`, `/users/{user}/orders` or `/files/{rest=**}`. */
export function parsePath(text: string): PathMatch | PathProblem {
  const problem = unusable(text)
  if (problem) return problem
  if (text.includes('{') || text.includes('}')) return parseTemplate(text)
  if (text.endsWith('/*')) {
    const path = text.slice(0, -2)
    if (path.includes('*')) return starProblem(text)
    return { type: 'prefix', path: path === '' ? '/' : path }
  }
  return text.includes('*') ? starProblem(text) : { type: 'exact', path: text }
}

function unusable(text: string): PathProblem | undefined {
  if (!text.startsWith('/')) return { message: `path "${text}" does not begin with "/"`, help: `write "/${text}"` }
  if (/[?#]/.test(text)) return { message: `path "${text}" holds a "${/[?#]/.exec(text)?.[0]}"`, help: 'match query parameters with `match.query`' }
  if (/[^\x21-\x7e]/.test(text)) return { message: `path "${text}" holds a character that no request path has`, help: 'percent-encode it' }
  if (text.includes('//')) return { message: `path "${text}" holds "//", which never arrives: repeated slashes are merged before matching` }
  if (/\/\.\.?(\/|$)/.test(text)) return { message: `path "${text}" holds a dot segment, which never arrives: paths are normalised before matching` }
  if (/%(2f|5c|00)/i.test(text)) return { message: `path "${text}" holds an escaped slash or NUL; requests with one are refused before matching` }
  if (plain.test(text) || text.includes('{')) return undefined
  const arrives = normalizePath(text)
  if ('path' in arrives && arrives.path !== text) {
    return { message: `path "${text}" never arrives: requests for it arrive as "${arrives.path}"`, help: `write "${arrives.path}"` }
  }
  return undefined
}

/** Characters that normalisation never changes; the dot segments were looked for before. */
const plain = /^[A-Za-z0-9/_~.:@!$&'()*+,=-]*$/

const starProblem = (text: string): PathProblem => ({
  message: `path "${text}" has a "*" where none may stand`,
  help: 'a prefix is written "/prefix/*", one segment "{name}", the rest of the path "{name=**}"',
})

function parseTemplate(text: string): PathMatch | PathProblem {
  const parts = text.slice(1).split('/')
  const segments: TemplateSegment[] = []
  const names = new Set<string>()
  for (const [index, part] of parts.entries()) {
    const segment = templateSegment(part)
    if (!segment)
      return {
        message: `"${part}" in path "${text}" is not a template segment`,
        help: 'a segment is literal text, "{name}", or "{name=**}" at the end',
      }
    if (segment.type === 'rest' && index !== parts.length - 1) return { message: `"${part}" in path "${text}" must be the last segment` }
    if (segment.type !== 'literal') {
      if (names.has(segment.name)) return { message: `path "${text}" names {${segment.name}} twice` }
      names.add(segment.name)
    }
    segments.push(segment)
  }
  return { type: 'template', segments }
}

function templateSegment(part: string): TemplateSegment | undefined {
  const variable = /^\{([A-Za-z][A-Za-z0-9_]{0,31})(=\*\*)?\}$/.exec(part)
  if (variable) return { type: variable[2] ? 'rest' : 'one', name: variable[1] ?? '' }
  return /[{}*]/.test(part) ? undefined : { type: 'literal', text: part }
}
