import type { JsonObject } from '@bufbuild/protobuf'
import { RuntimeSchema } from '#gen/envoy/service/runtime/v3/rtds_pb.js'
import type { Resource } from '../xds/resource.ts'
import { base, type BootstrapOptions, bootstrapText, runtimeLayers } from './bootstrap.ts'
import { ResourceIndex, staticResources } from './static-resources.ts'

/**
 * The same gateway as one file without a control plane: routes, endpoints and filter configurations stand inline.
 * JSON text that `envoy --mode validate` accepts; equal resources give equal bytes. Throws when a reference leads nowhere.
 */
export function staticBootstrap(
  resources: Iterable<Resource>,
  options: Pick<BootstrapOptions, 'nodeId' | 'nodeCluster' | 'admin' | 'overload'>,
): string {
  const all = [...resources]
  return bootstrapText({ ...base(options), staticResources: staticResources(all), layeredRuntime: { layers: runtimeOf(all) } })
}

function runtimeOf(resources: readonly Resource[]) {
  const layers = new ResourceIndex(resources).all('runtime', RuntimeSchema)
  const fixed = runtimeLayers.map((name) => {
    const value: JsonObject = layers.find((layer) => layer.name === name)?.layer ?? {}
    return { name, layerSpecifier: { case: 'staticLayer' as const, value } }
  })
  return [...fixed, { name: 'admin', layerSpecifier: { case: 'adminLayer' as const, value: {} } }]
}
