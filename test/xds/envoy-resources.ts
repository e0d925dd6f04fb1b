import { create, toBinary } from '@bufbuild/protobuf'
import type { DescMessage, MessageInitShape } from '@bufbuild/protobuf'
import { anyPack, durationFromMs } from '@bufbuild/protobuf/wkt'
import { ClusterSchema, Cluster_DiscoveryType } from '#gen/envoy/config/cluster/v3/cluster_pb.js'
import { ConfigSourceSchema } from '#gen/envoy/config/core/v3/config_source_pb.js'
import { ClusterLoadAssignmentSchema } from '#gen/envoy/config/endpoint/v3/endpoint_pb.js'
import { ListenerSchema } from '#gen/envoy/config/listener/v3/listener_pb.js'
import { RouteConfigurationSchema } from '#gen/envoy/config/route/v3/route_pb.js'
import { RouterSchema } from '#gen/envoy/extensions/filters/http/router/v3/router_pb.js'
import {
  HttpConnectionManagerSchema,
  HttpConnectionManager_CodecType,
} from '#gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js'
import { contentHash } from '../../src/lib/content-hash.ts'
import type { Resource, ResourceKey, ResourceType } from '../../src/xds/resource.ts'

type Init<S extends DescMessage> = Omit<MessageInitShape<S>, '$typeName'>

function made<S extends DescMessage>(type: ResourceType, name: string, schema: S, init: Init<S>, refs: readonly ResourceKey[] = []): Resource {
  const value = toBinary(schema, create(schema, init as MessageInitShape<S>))
  return { type, name, version: contentHash(value), value, refs, owner: `${type}/${name}` }
}

export const ads = create(ConfigSourceSchema, { configSourceSpecifier: { case: 'ads', value: {} }, resourceApiVersion: 2 })

const at = (port: number) => ({
  address: { case: 'socketAddress' as const, value: { address: '127.0.0.1', portSpecifier: { case: 'portValue' as const, value: port } } },
})

/** An EDS cluster; `more` overrides what makes it work. */
export function cluster(name: string, more: Init<typeof ClusterSchema> = {}): Resource {
  const init: Init<typeof ClusterSchema> = {
    name,
    connectTimeout: durationFromMs(1_000),
    clusterDiscoveryType: { case: 'type', value: Cluster_DiscoveryType.EDS },
    edsClusterConfig: { edsConfig: ads },
    ...more,
  }
  return made('cluster', name, ClusterSchema, init, [{ type: 'endpoints', name }])
}

export function endpoints(name: string, port: number): Resource {
  return made('endpoints', name, ClusterLoadAssignmentSchema, {
    clusterName: name,
    endpoints: [{ lbEndpoints: [{ hostIdentifier: { case: 'endpoint', value: { address: at(port) } } }] }],
  })
}

/** One RouteConfiguration: `/NAME` goes to the cluster of that name. */
export function routes(names: readonly string[]): Resource {
  return made(
    'routes',
    'main',
    RouteConfigurationSchema,
    {
      name: 'main',
      virtualHosts: [
        {
          name: 'all',
          domains: ['*'],
          routes: names.map((name) => ({
            match: { pathSpecifier: { case: 'path' as const, value: `/${name}` } },
            action: { case: 'route' as const, value: { clusterSpecifier: { case: 'cluster' as const, value: name } } },
          })),
        },
      ],
    },
    names.map((name) => ({ type: 'cluster', name })),
  )
}

export function listener(port: number): Resource {
  const manager = create(HttpConnectionManagerSchema, {
    codecType: HttpConnectionManager_CodecType.AUTO,
    statPrefix: 'main',
    routeSpecifier: { case: 'rds', value: { routeConfigName: 'main', configSource: ads } },
    httpFilters: [{ name: 'router', configType: { case: 'typedConfig', value: anyPack(RouterSchema, create(RouterSchema)) } }],
  })
  return made(
    'listener',
    'main',
    ListenerSchema,
    {
      name: 'main',
      address: at(port),
      filterChains: [{ filters: [{ name: 'hcm', configType: { case: 'typedConfig', value: anyPack(HttpConnectionManagerSchema, manager) } }] }],
    },
    [{ type: 'routes', name: 'main' }],
  )
}
