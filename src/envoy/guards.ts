import { create } from '@bufbuild/protobuf'
import type { MessageInitShape } from '@bufbuild/protobuf'
import type { Route, RouteMatchSchema } from '#gen/envoy/config/route/v3/route_components_pb.js'
import { RouteSchema } from '#gen/envoy/config/route/v3/route_components_pb.js'
import { parameterGuard, pathGuards } from '../model/guard.ts'
import type { VirtualHostTable } from '../model/rank.ts'

const anyPath = { case: 'prefix', value: '/' } as const

/** Route that refuses a request with two Host headers, which Envoy joins with a comma. */
const oneAuthority = refusal('authority', {
  pathSpecifier: anyPath,
  headers: [{ name: ':authority', headerMatchSpecifier: { case: 'stringMatch', value: { matchPattern: { case: 'contains', value: ',' } } } }],
})

const always: readonly Route[] = [
  oneAuthority,
  ...pathGuards.map((guard) => refusal(guard.name, { pathSpecifier: { case: 'safeRegex', value: { regex: guard.regex } } })),
]

/**
 * Routes that stand before all others in a virtual host and answer 400: what Envoy would let through although `normalizePath` and `match` refuse it.
 * Their names begin with `sluice.guard.`, which no route of the user can.
 */
export function guardRoutes(virtualHost: VirtualHostTable): readonly Route[] {
  const own = parameterGuard(virtualHost)
  return own ? [...always, refusal(own.name, { pathSpecifier: { case: 'safeRegex', value: { regex: own.regex } } })] : always
}

function refusal(name: string, match: MessageInitShape<typeof RouteMatchSchema>): Route {
  return create(RouteSchema, { name: `sluice.guard.${name}`, match, action: { case: 'directResponse', value: { status: 400 } } })
}
