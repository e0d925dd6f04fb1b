import { create, type DescMessage, fromBinary, type MessageShape } from '@bufbuild/protobuf'
import type { Any } from '@bufbuild/protobuf/wkt'
import { type Cluster, Cluster_DiscoveryType, ClusterSchema } from '#gen/envoy/config/cluster/v3/cluster_pb.js'
import { TypedExtensionConfigSchema } from '#gen/envoy/config/core/v3/extension_pb.js'
import { ClusterLoadAssignmentSchema } from '#gen/envoy/config/endpoint/v3/endpoint_pb.js'
import { type Listener, ListenerSchema } from '#gen/envoy/config/listener/v3/listener_pb.js'
import { RouteConfigurationSchema } from '#gen/envoy/config/route/v3/route_pb.js'
import {
  HttpConnectionManagerSchema,
  type HttpFilter,
} from '#gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js'
import { type Secret, SecretSchema } from '#gen/envoy/extensions/transport_sockets/tls/v3/secret_pb.js'
import { type CommonTlsContext, DownstreamTlsContextSchema, UpstreamTlsContextSchema } from '#gen/envoy/extensions/transport_sockets/tls/v3/tls_pb.js'
import type { Resource, ResourceType } from '../xds/resource.ts'
import { any, typeUrl } from './any.ts'

/** The resources of one gateway by type and name. */
export class ResourceIndex {
  readonly #resources = new Map<string, Resource>()

  constructor(resources: Iterable<Resource>) {
    for (const resource of resources) this.#resources.set(`${resource.type}/${resource.name}`, resource)
  }

  /** The resource of that type and name. Throws when a reference leads nowhere: the file would not work without it. */
  get<D extends DescMessage>(type: ResourceType, name: string, schema: D): MessageShape<D> {
    const found = this.#resources.get(`${type}/${name}`)
    if (!found) throw new Error(`the static file needs ${type} "${name}", which is not among the resources`)
    return fromBinary(schema, found.value)
  }

  all<D extends DescMessage>(type: ResourceType, schema: D): MessageShape<D>[] {
    return [...this.#resources.values()].filter((resource) => resource.type === type).map((resource) => fromBinary(schema, resource.value))
  }
}

/** A listener with its routes and filter configurations in place of references to a server. */
function inlineListener(listener: Listener, index: ResourceIndex): Listener {
  for (const chain of listener.filterChains) {
    for (const filter of chain.filters) {
      if (filter.configType.case !== 'typedConfig' || filter.configType.value.typeUrl !== typeUrl(HttpConnectionManagerSchema)) continue
      filter.configType.value = inlineManager(filter.configType.value, index)
    }
    if (chain.transportSocket) inlineTls(chain.transportSocket)
  }
  return listener
}

function inlineManager(packed: Any, index: ResourceIndex): Any {
  const manager = fromBinary(HttpConnectionManagerSchema, packed.value)
  if (manager.routeSpecifier.case === 'rds') {
    manager.routeSpecifier = {
      case: 'routeConfig',
      value: index.get('routes', manager.routeSpecifier.value.routeConfigName, RouteConfigurationSchema),
    }
  }
  for (const filter of manager.httpFilters) inlineFilter(filter, index)
  return any(HttpConnectionManagerSchema, manager)
}

function inlineFilter(filter: HttpFilter, index: ResourceIndex): void {
  if (filter.configType.case !== 'configDiscovery') return
  const { typedConfig } = index.get('extension', filter.name, TypedExtensionConfigSchema)
  if (!typedConfig) throw new Error(`extension "${filter.name}" has no configuration`)
  filter.configType = { case: 'typedConfig', value: typedConfig }
}

/** A cluster with its endpoints in the file. */
function inlineCluster(cluster: Cluster, index: ResourceIndex): Cluster {
  if (cluster.clusterDiscoveryType.case === 'type' && cluster.clusterDiscoveryType.value === Cluster_DiscoveryType.EDS) {
    const name = cluster.edsClusterConfig?.serviceName || cluster.name
    cluster.clusterDiscoveryType = { case: 'type', value: Cluster_DiscoveryType.STATIC }
    cluster.loadAssignment = index.get('endpoints', name, ClusterLoadAssignmentSchema)
    delete cluster.edsClusterConfig
  }
  if (cluster.transportSocket) inlineTls(cluster.transportSocket)
  for (const match of cluster.transportSocketMatches) if (match.transportSocket) inlineTls(match.transportSocket)
  return cluster
}

/** Secrets stay named references, but without a server to ask: Envoy then looks among the static secrets of the file. */
function inlineTls(socket: { configType: { case: 'typedConfig'; value: Any } | { case: undefined; value?: undefined } }): void {
  if (socket.configType.case !== 'typedConfig') return
  const packed = socket.configType.value
  for (const schema of [DownstreamTlsContextSchema, UpstreamTlsContextSchema]) {
    if (packed.typeUrl !== typeUrl(schema)) continue
    const context = fromBinary(schema, packed.value)
    if (context.commonTlsContext) forgetServer(context.commonTlsContext)
    socket.configType.value = any(schema, context)
  }
}

function forgetServer(context: CommonTlsContext): void {
  for (const config of context.tlsCertificateSdsSecretConfigs) delete config.sdsConfig
  const validation = context.validationContextType
  if (validation.case === 'validationContextSdsSecretConfig') delete validation.value.sdsConfig
  if (validation.case === 'combinedValidationContext') delete validation.value.validationContextSdsSecretConfig?.sdsConfig
}

/** Listeners, clusters and secrets of a static file, each sorted by name. */
export function staticResources(resources: Iterable<Resource>): { listeners: Listener[]; clusters: Cluster[]; secrets: Secret[] } {
  const index = new ResourceIndex([...resources].sort((a, b) => (a.name < b.name ? -1 : 1)))
  return {
    listeners: index.all('listener', ListenerSchema).map((listener) => inlineListener(listener, index)),
    clusters: index.all('cluster', ClusterSchema).map((cluster) => inlineCluster(cluster, index)),
    secrets: index.all('secret', SecretSchema).map((secret) => create(SecretSchema, secret)),
  }
}
