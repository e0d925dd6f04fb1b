import { create } from '@bufbuild/protobuf'
import { RuntimeSchema } from '#gen/envoy/service/runtime/v3/rtds_pb.js'
import type { Resource } from '../xds/resource.ts'
import { connectionLimits } from './overload.ts'
import { toResource } from './resource.ts'

/** Features of Envoy that are still switched off by default. */
const features = {
  // Without it Envoy skips what stands between the end of a chunk and the next line break: another server could read a second request there.
  'envoy.reloadable_features.strict_chunk_parsing': true,
}

/** The two runtime layers that every proxy asks for: long-lived switches, and the keys of breakers (which expire when nobody renews them). */
export function bootstrapLayers(listeners: Iterable<string>): Resource[] {
  const switches = create(RuntimeSchema, { name: 'switches', layer: { ...Object.fromEntries(connectionLimits([...listeners].sort())), ...features } })
  const breakers = create(RuntimeSchema, { name: 'breakers', layer: {} })
  return [switches, breakers].map((layer) => toResource({ type: 'runtime', name: layer.name }, RuntimeSchema, layer))
}
