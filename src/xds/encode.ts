import { create } from '@bufbuild/protobuf'
import { WireType, sizeDelimitedEncode } from '@bufbuild/protobuf/wire'
import { DeltaDiscoveryResponseSchema, ResourceSchema } from '#gen/envoy/service/discovery/v3/discovery_pb.js'
import type { DeltaDiscoveryResponse } from '#gen/envoy/service/discovery/v3/discovery_pb.js'
import type { Message } from './fill.ts'
import { resourceTypes } from './resource.ts'
import type { Body } from './snapshot.ts'

const resourcesField = DeltaDiscoveryResponseSchema.field.resources.number

/** Serialized once per body and shared by every stream that sends it. */
const frames = new WeakMap<Body, Uint8Array>()

/**
 * The response for the wire. The resources stand in it as already serialized fields: `resources` looks empty in memory,
 * the bytes are those of an ordinary message. Serializing 10,000 clusters for each of 200 proxies would cost seconds.
 */
export function encode(message: Message): DeltaDiscoveryResponse {
  const response = create(DeltaDiscoveryResponseSchema, {
    typeUrl: message.typeUrl,
    nonce: message.nonce,
    removedResources: [...message.removed],
  })
  response.$unknown = message.bodies.map((body) => ({
    no: resourcesField,
    wireType: WireType.LengthDelimited,
    data: message.heartbeat ? serialize(body, false) : frameOf(body),
  }))
  return response
}

/** Size of the resources of a message in bytes. */
export function sizeOf(message: Message): number {
  let bytes = 0
  for (const body of message.bodies) bytes += message.heartbeat ? body.name.length : body.value.length
  return bytes
}

function frameOf(body: Body): Uint8Array {
  let frame = frames.get(body)
  if (!frame) frames.set(body, (frame = serialize(body, true)))
  return frame
}

function serialize({ type, name, version, value, ttlMs }: Body, full: boolean): Uint8Array {
  const resource = create(ResourceSchema, {
    name,
    version,
    ...(full ? { resource: { typeUrl: resourceTypes[type], value } } : {}),
    ...(ttlMs === undefined ? {} : { ttl: { seconds: BigInt(Math.floor(ttlMs / 1_000)), nanos: Math.round(ttlMs % 1_000) * 1_000_000 } }),
  })
  return sizeDelimitedEncode(ResourceSchema, resource)
}
