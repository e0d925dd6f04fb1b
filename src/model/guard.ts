import type { PathMatch } from './gateway.ts'
import type { VirtualHostTable } from './rank.ts'
import { compileRegex, literalPrefix } from './regex.ts'

/** A kind of path that is answered with 400 before any route is looked at, because proxies and upstreams read it differently. */
export interface PathGuard {
  readonly name: string
  readonly reason: string
  /** Matches the whole normalised path, in RE2 syntax; `?` never matches, so that text after it can be left out of account. */
  readonly regex: string
  /** The same in parts, each for the paths that hold one text. */
  readonly parts: readonly GuardPart[]
  refuses(path: string): boolean
}

export interface GuardPart {
  /** Text that every path that the regex matches holds: looking for it costs a proxy less than the regex does. */
  readonly needs: '%' | ';'
  readonly regex: string
}

/** Guards of every virtual host. */
export const pathGuards: readonly PathGuard[] = [
  guard('escape', 'the path has an invalid percent escape', {
    needs: '%',
    regex: '[^?]*%(?:[^0-9A-Fa-f?][^?]*|[0-9A-Fa-f](?:[^0-9A-Fa-f?][^?]*)?|)',
  }),
  guard('dot-segment', 'the path has a dot segment with a parameter', { needs: ';', regex: '(?:[^?]*/)?\\.\\.?;[^?]*' }),
  guard('control', 'the path has an encoded control character', { needs: '%', regex: '[^?]*%(?:[01][0-9A-Fa-f]|7[Ff])[^?]*' }),
  guard('encoding', 'the path has an escape that is never UTF-8', { needs: '%', regex: '[^?]*%(?:[Cc][01]|[Ff][5-9A-Fa-f])[^?]*' }),
]

function guard(name: string, reason: string, ...parts: readonly GuardPart[]): PathGuard {
  const regex = parts.map((part) => part.regex).join('|')
  return { name, reason, regex, parts, refuses: (path) => compileRegex(regex).matches(path) }
}

const perHost = new WeakMap<VirtualHostTable, PathGuard | undefined>()

/**
 * Guard of one virtual host against path parameters and trailing encoded spaces: `/admin;x` is not `/admin` for a proxy, but is for many upstreams,
 * so a wider route would let it through. They are refused as deep as some entry has a literal segment; deeper they are the upstream's business.
 * A host that has a `;` in a path of its own has no such guard.
 */
export function parameterGuard(virtualHost: VirtualHostTable): PathGuard | undefined {
  if (!perHost.has(virtualHost)) perHost.set(virtualHost, makeParameterGuard(virtualHost))
  return perHost.get(virtualHost)
}

function makeParameterGuard({ entries }: VirtualHostTable): PathGuard | undefined {
  let depth = 0
  for (const { match } of entries) {
    if (writesParameters(match.path)) return undefined
    depth = Math.max(depth, literalDepth(match.path))
  }
  if (depth === 0) return undefined
  const segments = `(?:/[^/;?]*){0,${depth - 1}}/[^/;?]*`
  return guard(
    'parameter',
    'the path has a parameter in a segment that routes are told apart by',
    { needs: ';', regex: `${segments};[^?]*` },
    { needs: '%', regex: `${segments}%20(?:/[^?]*)?` },
  )
}

function writesParameters(path: PathMatch): boolean {
  const text =
    path.type === 'template'
      ? path.segments.map((segment) => (segment.type === 'literal' ? segment.text : '')).join('/')
      : path.type === 'regex'
        ? path.regex
        : path.path
  return /;|%20(?:\/|$)/.test(text)
}

/** Number of segments up to the last literal one; RE2 counts repetitions to 1,000. */
function literalDepth(path: PathMatch): number {
  if (path.type === 'template') return Math.min(1_000, path.segments.findLastIndex((segment) => segment.type === 'literal') + 1)
  const text = path.type === 'regex' ? literalPrefix(path.regex).text : path.path
  return text === '/' || text === '' ? 0 : Math.min(1_000, text.split('/').length - 1)
}
