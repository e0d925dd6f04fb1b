import type { MessageInitShape } from '@bufbuild/protobuf'
import { create } from '@bufbuild/protobuf'
import type { Route, VirtualHost } from '#gen/envoy/config/route/v3/route_components_pb.js'
import { RouteSchema, VirtualHostSchema } from '#gen/envoy/config/route/v3/route_components_pb.js'
import type { Entry, RouteTable, VirtualHostTable } from '../model/rank.ts'
import { entryName } from '../model/rank.ts'
import { guardRoutes } from './guards.ts'
import { routeMatch } from './route-match.ts'
import { routeMatcher } from './route-matcher.ts'

/** Gives the complete Envoy route of an entry, best made by `namedRoute`. Called once per entry and virtual host: the caller memoises. */
export type RouteOf = (entry: Entry) => Route

/** Entries above which a virtual host is emitted as a matcher: Envoy scans a list route by route. */
export const linearLimit = 100

/** All virtual hosts of a listener, ordered by host. The RouteConfiguration must set `ignore_port_in_host_matching`. */
export function virtualHosts(table: RouteTable, routeOf: RouteOf, limit = linearLimit): VirtualHost[] {
  return table.virtualHosts.map((virtualHost) => emitVirtualHost(virtualHost, routeOf, limit))
}

/** One virtual host: guards, then the entries in rank order, as a list or, with more than `limit` entries, as a matcher that decides the same. */
export function emitVirtualHost(virtualHost: VirtualHostTable, routeOf: RouteOf, limit = linearLimit): VirtualHost {
  const base = { name: virtualHost.host, domains: [virtualHost.host] }
  const matcher = virtualHost.entries.length > limit ? routeMatcher(virtualHost, routeOf) : undefined
  if (matcher) return create(VirtualHostSchema, { ...base, matcher })
  return create(VirtualHostSchema, { ...base, routes: [...guardRoutes(virtualHost), ...virtualHost.entries.map(routeOf)] })
}

/** The Envoy route of an entry: its name and condition with the caller's action and settings. */
export function namedRoute(entry: Entry, fields: Exclude<MessageInitShape<typeof RouteSchema>, Route>): Route {
  return create(RouteSchema, { ...fields, name: entryName(entry), match: routeMatch(entry.match) })
}
