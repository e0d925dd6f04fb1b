import type { Match, PathMatch, ValueMatch } from './gateway.ts'
import { parameterGuard } from './guard.ts'
import { headerValues } from './header-values.ts'
import { normalizePath } from './path.ts'
import type { Entry, RouteTable, VirtualHostTable } from './rank.ts'
import { virtualHostOf } from './rank.ts'
import { compileRegex } from './regex.ts'
import { matchTemplate } from './template.ts'

/** A request as it arrives at the listener. */
export interface Request {
  /** The authority, with or without port. */
  readonly host: string
  /** Upper case. */
  readonly method: string
  /** Raw path with its query. */
  readonly path: string
  /** Name in lower case and value; repeated names stay separate. */
  readonly headers: readonly (readonly [name: string, value: string])[]
}

/** What routing makes of a request. */
export type Matched =
  | {
      readonly type: 'route'
      readonly entry: Entry
      readonly host: string
      readonly path: string
      readonly query: string | undefined
      readonly params: Readonly<Record<string, string>>
    }
  /** Answered with 404. */
  | { readonly type: 'none'; readonly host: string | undefined; readonly path: string; readonly query: string | undefined }
  /** Answered with 400. */
  | { readonly type: 'refused'; readonly reason: string }

/** An entry that was looked at, with the condition that it failed on. */
export interface Candidate {
  readonly entry: Entry
  readonly failed: { readonly on: 'path' | 'method' } | { readonly on: 'header' | 'query'; readonly condition: ValueMatch } | undefined
}

/** The route that takes a request: the first entry of its virtual host whose conditions all hold, the same one as in Envoy. `seen` is told every entry that was looked at. */
export function match(table: RouteTable, request: Request, seen?: (candidate: Candidate) => void): Matched {
  const normal = normalizePath(request.path)
  if ('refused' in normal) return { type: 'refused', reason: normal.refused }
  if (request.host.includes(',')) return { type: 'refused', reason: 'the request has more than one host' }
  const { path, query } = normal
  const virtualHost = virtualHostOf(table, request.host)
  const guard = virtualHost && parameterGuard(virtualHost)
  if (guard?.refuses(path)) return { type: 'refused', reason: guard.reason }
  for (const entry of virtualHost?.entries ?? []) {
    const failed = failure(entry.match, request, path, query)
    seen?.({ entry, failed })
    if (!failed) return { type: 'route', entry, host: hostPattern(virtualHost), path, query, params: paramsOf(entry.match.path, path) }
  }
  return { type: 'none', host: virtualHost?.host, path, query }
}

function hostPattern(virtualHost: VirtualHostTable | undefined): string {
  return virtualHost?.host ?? '*'
}

function failure(match: Match, request: Request, path: string, query: string | undefined): Candidate['failed'] {
  if (!matchesPath(match.path, path)) return { on: 'path' }
  if (match.methods.length > 0 && !match.methods.includes(request.method)) return { on: 'method' }
  const header = match.headers.find((condition) => !matchesValues(condition, headerValues(request.headers, request.host, condition.name)))
  if (header) return { on: 'header', condition: header }
  const parameter = match.query.find((condition) => !matchesValues(condition, queryValues(query, condition.name)))
  return parameter && { on: 'query', condition: parameter }
}

/** Whether a path condition takes a normalised path. */
export function matchesPath(condition: PathMatch, path: string): boolean {
  switch (condition.type) {
    case 'exact':
      return path === condition.path
    case 'prefix':
      return (
        condition.path === '/' || (path.startsWith(condition.path) && (path.length === condition.path.length || path[condition.path.length] === '/'))
      )
    case 'template':
      return matchTemplate(condition.segments, path) !== undefined
    case 'regex':
      return compileRegex(condition.regex).matches(path)
  }
}

function paramsOf(condition: PathMatch, path: string): Readonly<Record<string, string>> {
  return condition.type === 'template' ? (matchTemplate(condition.segments, path) ?? {}) : {}
}

function matchesValues(condition: ValueMatch, values: readonly string[]): boolean {
  switch (condition.type) {
    case 'present':
      return values.length > 0 === condition.value
    case 'exact':
      return values.includes(condition.value)
    case 'prefix':
      return values.some((value) => value.startsWith(condition.value))
    case 'regex':
      return values.some((value) => compileRegex(condition.value).matches(value))
  }
}

/** The first value of a parameter, not decoded: what Envoy looks at. */
function queryValues(query: string | undefined, name: string): string[] {
  for (const pair of query?.split('&') ?? []) {
    const equals = pair.indexOf('=')
    if ((equals === -1 ? pair : pair.slice(0, equals)) === name) return [equals === -1 ? '' : pair.slice(equals + 1)]
  }
  return []
}
