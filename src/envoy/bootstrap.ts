import { create, type Message, type MessageInitShape, toJsonString } from '@bufbuild/protobuf'
import type { AddressSchema } from '#gen/envoy/config/core/v3/address_pb.js'
import { type Bootstrap, BootstrapSchema, type LayeredRuntimeSchema } from '#gen/envoy/config/bootstrap/v3/bootstrap_pb.js'
import { ApiConfigSource_ApiType, ApiVersion } from '#gen/envoy/config/core/v3/config_source_pb.js'
import { duration } from './duration.ts'
import { fromAds } from './http-filters.ts'
import { type OverloadLimits, overloadManager } from './overload.ts'
import { statsConfig } from './stats.ts'
import { typeRegistry } from './type-registry.ts'
import { xdsCluster, xdsClusterName, type XdsServer } from './xds-cluster.ts'

/** Where the proxy's admin interface listens: it can stop the proxy, so never beyond this machine. */
export type AdminAddress = { readonly type: 'pipe'; readonly path: string } | { readonly type: 'loopback'; readonly port: number }

export interface BootstrapOptions {
  /** Name of this proxy, unique in the fleet. */
  readonly nodeId: string
  /** Name of the gateway. */
  readonly nodeCluster: string
  readonly xds: XdsServer
  readonly admin: AdminAddress
  readonly overload?: OverloadLimits
}

/** Runtime layers served by RTDS, the weaker first: `switches` stay, keys of `breakers` expire unless they are renewed. */
export const runtimeLayers = ['switches', 'breakers'] as const

/** JSON text of the bootstrap of a proxy that gets everything else from sluice. */
export function bootstrap(options: BootstrapOptions): string {
  return bootstrapText({
    ...base(options),
    staticResources: { clusters: [xdsCluster(options.xds)] },
    dynamicResources: { adsConfig: adsConfig(), cdsConfig: fromAds, ldsConfig: fromAds },
    clusterManager: { ...clusterManager, loadStatsConfig: { ...grpc(), apiType: ApiConfigSource_ApiType.GRPC } },
    layeredRuntime: liveRuntime,
  })
}

/**
 * A worker makes its part of a cluster when it has a request for it. Otherwise all of them are made at once when workers start, for which Envoy's
 * main thread waits: 50 to 75 ms with 10,000 clusters.
 */
const clusterManager = { enableDeferredClusterCreation: true }

/** What a proxy needs whether its resources are live or in the file. */
export function base(options: Pick<BootstrapOptions, 'nodeId' | 'nodeCluster' | 'admin' | 'overload'>) {
  return {
    node: { id: options.nodeId, cluster: options.nodeCluster },
    admin: { address: adminAddress(options.admin) },
    overloadManager: overloadManager(options.overload),
    clusterManager,
    deferredStatOptions: { enableDeferredCreationStats: true },
    statsConfig,
  } satisfies Exclude<MessageInitShape<typeof BootstrapSchema>, Message>
}

/** A bootstrap as the JSON text that `envoy -c` reads; the file name must end in `.json`. */
export function bootstrapText(message: MessageInitShape<typeof BootstrapSchema>): string {
  const complete: Bootstrap = create(BootstrapSchema, message)
  return `${toJsonString(BootstrapSchema, complete, { registry: typeRegistry(), prettySpaces: 2 })}\n`
}

const liveRuntime: MessageInitShape<typeof LayeredRuntimeSchema> = {
  layers: [
    ...runtimeLayers.map((name) => ({ name, layerSpecifier: { case: 'rtdsLayer' as const, value: { name, rtdsConfig: fromAds } } })),
    { name: 'admin', layerSpecifier: { case: 'adminLayer', value: {} } },
  ],
}

/** Reconnects within a second of the server's return; the default waits up to 30 s. */
function adsConfig() {
  return { ...grpc(), apiType: ApiConfigSource_ApiType.DELTA_GRPC, setNodeOnFirstMessageOnly: true }
}

function grpc() {
  const retryPolicy = { retryBackOff: { baseInterval: duration(100), maxInterval: duration(1000) } }
  return {
    transportApiVersion: ApiVersion.V3,
    grpcServices: [{ targetSpecifier: { case: 'envoyGrpc' as const, value: { clusterName: xdsClusterName, retryPolicy } } }],
  }
}

function adminAddress(admin: AdminAddress): MessageInitShape<typeof AddressSchema> {
  // Mode 0600: who may write to this socket may stop the proxy.
  if (admin.type === 'pipe') return { address: { case: 'pipe', value: { path: admin.path, mode: 0o600 } } }
  return { address: { case: 'socketAddress', value: { address: '127.0.0.1', portSpecifier: { case: 'portValue', value: admin.port } } } }
}
