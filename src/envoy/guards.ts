import { create } from '@bufbuild/protobuf'
import type { MessageInitShape } from '@bufbuild/protobuf'
import type { HeaderMatcherSchema, Route, RouteMatchSchema } from '#gen/envoy/config/route/v3/route_components_pb.js'
import { RouteSchema } from '#gen/envoy/config/route/v3/route_components_pb.js'
import { parameterGuard, type PathGuard, pathGuards } from '../model/guard.ts'
import type { VirtualHostTable } from '../model/rank.ts'

type HeaderInit = MessageInitShape<typeof HeaderMatcherSchema>

const anyPath = { case: 'prefix', value: '/' } as const

/** Route that refuses a request with two Host headers, which Envoy joins with a comma. */
const oneAuthority = refusal('authority', { pathSpecifier: anyPath, headers: [contains(':authority', ',')] })

const always: readonly Route[] = [oneAuthority, ...pathGuards.map(pathRefusal)]

/**
 * Routes that stand before all others in a virtual host and answer 400: what Envoy would let through although `normalizePath` and `match` refuse it.
 * Their names begin with `sluice.guard.`, which no route of the user can.
 */
export function guardRoutes(virtualHost: VirtualHostTable): readonly Route[] {
  const own = parameterGuard(virtualHost)
  return own ? [...always, pathRefusal(own)] : always
}

/** Envoy looks at headers before it runs the regex, so a path without the text that the guard needs costs a search. `:path` holds the query too. */
function pathRefusal({ name, regex, needs }: PathGuard): Route {
  return refusal(name, {
    pathSpecifier: { case: 'safeRegex', value: { regex } },
    headers: needs === undefined ? [] : [contains(':path', needs)],
  })
}

function contains(name: string, value: string): HeaderInit {
  return { name, headerMatchSpecifier: { case: 'stringMatch', value: { matchPattern: { case: 'contains', value } } } }
}

function refusal(name: string, match: MessageInitShape<typeof RouteMatchSchema>): Route {
  return create(RouteSchema, { name: `sluice.guard.${name}`, match, action: { case: 'directResponse', value: { status: 400 } } })
}
