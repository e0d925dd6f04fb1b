import { create } from '@bufbuild/protobuf'
import type { MessageInitShape } from '@bufbuild/protobuf'
import type { HeaderMatcherSchema, Route, RouteMatchSchema } from '#gen/envoy/config/route/v3/route_components_pb.js'
import { RouteSchema } from '#gen/envoy/config/route/v3/route_components_pb.js'
import { type GuardPart, parameterGuard, pathGuards } from '../model/guard.ts'
import type { VirtualHostTable } from '../model/rank.ts'

type HeaderInit = MessageInitShape<typeof HeaderMatcherSchema>

const anyPath = { case: 'prefix', value: '/' } as const

/** Route that refuses a request with two Host headers, which Envoy joins with a comma. */
const oneAuthority = refusal(guardName('authority'), { pathSpecifier: anyPath, headers: [contains(':authority', ',')] })

/** Paths that are refused in one go. */
export interface PathRefusal {
  readonly name: string
  readonly needs: GuardPart['needs']
  readonly regex: string
}

const texts = [
  { needs: '%', name: 'percent' },
  { needs: ';', name: 'semicolon' },
] as const

/** The guards of a virtual host, those that need the same text as one: every request is compared with every one of these. */
export function pathRefusals(virtualHost: VirtualHostTable): readonly PathRefusal[] {
  const own = parameterGuard(virtualHost)
  const parts = [...pathGuards, ...(own ? [own] : [])].flatMap((guard) => guard.parts)
  return texts.map(({ needs, name }) => {
    const regex = parts.flatMap((part) => (part.needs === needs ? part.regex : [])).join('|')
    return { name: guardName(name), needs, regex }
  })
}

/**
 * Routes that stand before all others in a virtual host and answer 400: what Envoy would let through although `normalizePath` and `match` refuse it.
 * Their names begin with `sluice.guard.`, which no route of the user can.
 */
export function guardRoutes(virtualHost: VirtualHostTable): readonly Route[] {
  return [oneAuthority, ...pathRefusals(virtualHost).map(pathRefusal)]
}

/** Envoy looks at headers before it runs the regex, so a path without the text that the guard needs costs a search. `:path` holds the query too. */
function pathRefusal({ name, regex, needs }: PathRefusal): Route {
  return refusal(name, { pathSpecifier: { case: 'safeRegex', value: { regex } }, headers: [contains(':path', needs)] })
}

function contains(name: string, value: string): HeaderInit {
  return { name, headerMatchSpecifier: { case: 'stringMatch', value: { matchPattern: { case: 'contains', value } } } }
}

function refusal(name: string, match: MessageInitShape<typeof RouteMatchSchema>): Route {
  return create(RouteSchema, { name, match, action: { case: 'directResponse', value: { status: 400 } } })
}

function guardName(what: string): string {
  return `sluice.guard.${what}`
}
