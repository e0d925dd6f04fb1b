import { create, fromBinary } from '@bufbuild/protobuf'
import { join } from 'node:path'
import { ClusterSchema } from '#gen/envoy/config/cluster/v3/cluster_pb.js'
import { AddressSchema } from '#gen/envoy/config/core/v3/address_pb.js'
import type { Filter } from '#gen/envoy/config/listener/v3/listener_components_pb.js'
import { ListenerSchema } from '#gen/envoy/config/listener/v3/listener_pb.js'
import { RouteConfigurationSchema } from '#gen/envoy/config/route/v3/route_pb.js'
import { type Route, RouteSchema } from '#gen/envoy/config/route/v3/route_components_pb.js'
import { HttpConnectionManagerSchema } from '#gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js'
import { any } from '../../src/envoy/any.ts'
import { emitListener } from '../../src/envoy/listener.ts'
import { toResource } from '../../src/envoy/resource.ts'
import { routeMatch } from '../../src/envoy/route-match.ts'
import { baseExtensions } from '../../src/envoy/slots.ts'
import { staticBootstrap } from '../../src/envoy/static-bootstrap.ts'
import { virtualHosts } from '../../src/envoy/virtual-hosts.ts'
import type { Listener } from '../../src/model/gateway.ts'
import { type Entry, entryName, type RouteTable } from '../../src/model/rank.ts'
import type { Resource } from '../../src/xds/resource.ts'
import { startEnvoy, type TestEnvoy } from './envoy.ts'

/** A route table that is served under a name, as a list or as a matcher according to `limit`. */
export interface Served {
  readonly name: string
  readonly table: RouteTable
  readonly limit: number
}

/** Serves tables with the real listener on unix sockets; each route tells its name in the header `x-route`, and forwards to `echoPort` when there is one. */
export async function serveTables(served: readonly Served[], echoPort?: number): Promise<TestEnvoy & { readonly socket: (name: string) => string }> {
  const cluster = toResource({ type: 'cluster', name: 'echo' }, ClusterSchema, echoCluster(echoPort ?? 9))
  const envoy = await startEnvoy({
    bootstrap: (path, dir) => {
      const resources = [
        ...baseExtensions(),
        cluster,
        ...served.flatMap((one) => resourcesOf(one, join(dir, `${one.name}.sock`), echoPort !== undefined)),
      ]
      return staticBootstrap(resources, { nodeId: 'test', nodeCluster: 'test', admin: { type: 'pipe', path } })
    },
  })
  return { ...envoy, socket: (name) => join(envoy.dir, `${name}.sock`) }
}

function resourcesOf({ name, table, limit }: Served, path: string, forward: boolean): Resource[] {
  const listener: Listener = { kind: 'listener', name, address: '127.0.0.1', port: 1, trustedHops: 0, errorFormat: 'json', policies: {} }
  const emitted = fromBinary(ListenerSchema, emitListener(listener).value)
  for (const filter of emitted.filterChains.flatMap((chain) => chain.filters)) onlyRouter(filter)
  emitted.address = create(AddressSchema, { address: { case: 'pipe', value: { path } } })
  const made = new Map<Entry, readonly Route[]>()
  const routeOf = (entry: Entry): readonly Route[] => {
    const route = made.get(entry) ?? [answering(entry, forward)]
    made.set(entry, route)
    return route
  }
  const routes = create(RouteConfigurationSchema, {
    name,
    ignorePortInHostMatching: true,
    responseHeadersToAdd: [{ header: { key: 'x-route', value: '%ROUTE_NAME%' } }],
    virtualHosts: virtualHosts(table, routeOf, limit),
  })
  return [toResource({ type: 'listener', name }, ListenerSchema, emitted), toResource({ type: 'routes', name }, RouteConfigurationSchema, routes)]
}

/** Leaves out the filters that no route switches on: a hundred listeners would start slowly with them. All other settings stay as emitted. */
function onlyRouter(filter: Filter): void {
  if (filter.configType.case !== 'typedConfig') throw new Error('the listener has no connection manager')
  const manager = fromBinary(HttpConnectionManagerSchema, filter.configType.value.value)
  manager.httpFilters = manager.httpFilters.slice(-1)
  filter.configType.value = any(HttpConnectionManagerSchema, manager)
}

function answering(entry: Entry, forward: boolean): Route {
  return create(RouteSchema, {
    name: entryName(entry),
    match: routeMatch(entry.match),
    action: forward
      ? { case: 'route', value: { clusterSpecifier: { case: 'cluster', value: 'echo' } } }
      : { case: 'directResponse', value: { status: 200 } },
  })
}

function echoCluster(portValue: number) {
  const address = {
    address: { case: 'socketAddress' as const, value: { address: '127.0.0.1', portSpecifier: { case: 'portValue' as const, value: portValue } } },
  }
  const endpoint = { hostIdentifier: { case: 'endpoint' as const, value: { address } } }
  return create(ClusterSchema, { name: 'echo', loadAssignment: { clusterName: 'echo', endpoints: [{ lbEndpoints: [endpoint] }] } })
}
