import type { LowerCx, NodeDraft } from '../../feature.ts'
import type { Match, Route } from '../../model/gateway.ts'
import { readDuration } from '../../model/read-duration.ts'
import { usualHeaders, type Written } from './config.ts'
import { type Origin, readOrigin, takesAny } from './origin.ts'

export interface Cors {
  readonly origins: readonly Origin[]
  /** Absent: what the route takes. */
  readonly methods?: readonly string[]
  /** Names in lower case. */
  readonly headers: readonly string[]
  readonly exposeHeaders: readonly string[]
  readonly credentials: boolean
  /** Milliseconds. */
  readonly maxAge: number
}

const usualMethods: readonly string[] = ['DELETE', 'GET', 'HEAD', 'PATCH', 'POST', 'PUT']

export function lower(value: unknown, _node: NodeDraft, cx: LowerCx): Cors | undefined {
  const written = value as Written
  const origins = written.origins.map((one, index) => readOrigin(one, ['cors', 'origins', index], cx))
  if (written.credentials) refuseWildcards(written, origins, cx)
  if (!origins.every((one) => one !== undefined)) return undefined
  return {
    origins,
    ...(written.methods === undefined ? {} : { methods: [...written.methods].sort() }),
    headers: lowerNames(written.headers ?? usualHeaders),
    exposeHeaders: lowerNames(written.exposeHeaders ?? []),
    credentials: written.credentials ?? false,
    maxAge: readDuration(written.maxAge ?? '10m', ['cors', 'maxAge'], cx, 0),
  }
}

function lowerNames(names: readonly string[]): string[] {
  return [...new Set(names.map((name) => name.toLowerCase()))].sort()
}

/** https://fetch.spec.whatwg.org/#cors-protocol-and-credentials */
function refuseWildcards(written: Written, origins: readonly (Origin | undefined)[], cx: LowerCx): void {
  for (const [index, one] of origins.entries()) {
    if (!one || !takesAny(one)) continue
    cx.report({
      code: 'cors/any-origin-with-credentials',
      message: 'every site of the web could use the credentials of your users: `credentials` goes with named origins only',
      path: ['cors', 'origins', index],
      help: 'name the origins, or leave `credentials` out',
    })
  }
  for (const key of ['methods', 'headers', 'exposeHeaders'] as const) {
    const index = written[key]?.indexOf('*') ?? -1
    if (index === -1) continue
    cx.report({
      code: 'cors/wildcard-with-credentials',
      message: `with credentials a browser takes "*" in ${key} as a name, not as "all"`,
      path: ['cors', key, index],
      help: 'name them',
    })
  }
}

/** What the answer to a preflight allows. */
export function allowedMethods({ methods }: Cors, route: Route): readonly string[] {
  if (methods) return methods
  const taken = route.match.filter((match) => !match.implied).map((match) => match.methods)
  return taken.some((list) => list.length === 0) ? usualMethods : [...new Set(taken.flat())].sort()
}

/**
 * A preflight has the method OPTIONS and none of the headers that it asks for, so a match with methods or headers would miss it.
 * It belongs to the match that would take the request that it asks for.
 */
export function preflights(match: Match): Match[] {
  if (match.methods.length === 0 && match.headers.length === 0) return []
  const asked = match.methods.length === 0 ? '.+' : match.methods.join('|')
  return [
    {
      path: match.path,
      methods: ['OPTIONS'],
      headers: [
        { name: 'access-control-request-method', type: 'regex', value: asked },
        { name: 'origin', type: 'regex', value: '.+' },
      ],
      query: match.query,
      implied: true,
    },
  ]
}

/** A wildcard is said as the regex that it became. */
export function written({ origins, ...rest }: Cors): unknown {
  return { ...rest, origins: origins.map((one) => (one.type === 'any' ? '*' : one.type === 'exact' ? one.value : { regex: one.value })) }
}
