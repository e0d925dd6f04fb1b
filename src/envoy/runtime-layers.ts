import { create } from '@bufbuild/protobuf'
import { RuntimeSchema } from '#gen/envoy/service/runtime/v3/rtds_pb.js'
import type { Resource } from '../xds/resource.ts'
import { connectionLimits } from './overload.ts'
import { toResource } from './resource.ts'

/** The two runtime layers that every proxy asks for: long-lived switches, and the keys of breakers (which expire when nobody renews them). */
export function bootstrapLayers(listeners: Iterable<string>): Resource[] {
  const switches = create(RuntimeSchema, { name: 'switches', layer: Object.fromEntries(connectionLimits([...listeners].sort())) })
  const breakers = create(RuntimeSchema, { name: 'breakers', layer: {} })
  return [switches, breakers].map((layer) => toResource({ type: 'runtime', name: layer.name }, RuntimeSchema, layer))
}
