import { create } from '@bufbuild/protobuf'
import type { Route, VirtualHost } from '#gen/envoy/config/route/v3/route_components_pb.js'
import { VirtualHostSchema } from '#gen/envoy/config/route/v3/route_components_pb.js'
import type { Entry, RouteTable, VirtualHostTable } from '../model/rank.ts'
import { guardRoutes } from './guards.ts'
import { fewEntries } from './route-buckets.ts'
import { routeMatcher } from './route-matcher.ts'

/** Gives the complete Envoy routes of an entry, each with `entryName` as its name; the last has `routeMatch` as its condition, those before it stand for variants. Called for each virtual host that lists the entry: the caller memoises. */
export type RouteOf = (entry: Entry) => readonly Route[]

/** Entries above which a virtual host is emitted as a matcher: Envoy scans a list route by route. */
export const linearLimit = 100

/** All virtual hosts of a listener, ordered by host. The RouteConfiguration must set `ignore_port_in_host_matching`. */
export function virtualHosts(table: RouteTable, routeOf: RouteOf, limit = linearLimit): VirtualHost[] {
  return table.virtualHosts.map((virtualHost) => emitVirtualHost(virtualHost, routeOf, limit))
}

/** One virtual host: guards, then the entries in rank order, as a list or, with more than `limit` entries, as a matcher that decides the same. */
export function emitVirtualHost(virtualHost: VirtualHostTable, routeOf: RouteOf, limit = linearLimit): VirtualHost {
  const base = { name: virtualHost.host, domains: [virtualHost.host] }
  const matcher = virtualHost.entries.length > limit ? routeMatcher(virtualHost, routeOf, Math.min(limit, fewEntries)) : undefined
  if (matcher) return create(VirtualHostSchema, { ...base, matcher })
  return create(VirtualHostSchema, { ...base, routes: [...guardRoutes(virtualHost), ...virtualHost.entries.flatMap(routeOf)] })
}
