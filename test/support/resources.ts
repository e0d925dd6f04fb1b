import type { Any } from '@bufbuild/protobuf/wkt'
import { create, type Message, type MessageInitShape } from '@bufbuild/protobuf'
import { ClusterSchema } from '#gen/envoy/config/cluster/v3/cluster_pb.js'
import { RouteConfigurationSchema } from '#gen/envoy/config/route/v3/route_pb.js'
import type { RouteSchema } from '#gen/envoy/config/route/v3/route_components_pb.js'
import { duration } from '../../src/envoy/duration.ts'
import { toResource } from '../../src/envoy/resource.ts'
import type { Listener } from '../../src/model/gateway.ts'
import type { Resource } from '../../src/xds/resource.ts'

export type RouteInit = Exclude<MessageInitShape<typeof RouteSchema>, Message>

/** A listener node on 127.0.0.1. */
export function listenerNode(port: number, more: Partial<Listener> = {}): Listener {
  return { kind: 'listener', name: 'public', address: '127.0.0.1', port, trustedHops: 0, errorFormat: 'json', policies: {}, ...more }
}

/** A cluster of one static endpoint on 127.0.0.1. */
export function staticCluster(name: string, port: number): Resource {
  const endpoint = {
    address: {
      address: { case: 'socketAddress' as const, value: { address: '127.0.0.1', portSpecifier: { case: 'portValue' as const, value: port } } },
    },
  }
  const cluster = create(ClusterSchema, {
    name,
    connectTimeout: duration(500),
    loadAssignment: { clusterName: name, endpoints: [{ lbEndpoints: [{ hostIdentifier: { case: 'endpoint', value: endpoint } }] }] },
  })
  return toResource({ type: 'cluster', name }, ClusterSchema, cluster)
}

/** A route configuration with one virtual host for every host. */
export function routeTable(name: string, routes: RouteInit[], typedPerFilterConfig: Record<string, Any> = {}): Resource {
  const table = create(RouteConfigurationSchema, { name, virtualHosts: [{ name: 'all', domains: ['*'], routes }], typedPerFilterConfig })
  return toResource({ type: 'routes', name }, RouteConfigurationSchema, table)
}

/** A route from a path prefix to a cluster. */
export function forward(prefix: string, cluster: string, more: RouteInit = {}): RouteInit {
  return {
    match: { pathSpecifier: { case: 'prefix', value: prefix } },
    action: { case: 'route', value: { clusterSpecifier: { case: 'cluster', value: cluster } } },
    ...more,
  }
}
