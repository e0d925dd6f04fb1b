import type { DescMessage, MessageShape } from '@bufbuild/protobuf'
import { contentHash } from '../lib/content-hash.ts'
import type { Resource, ResourceKey, ResourceType } from '../xds/resource.ts'
import { deterministicBytes } from './deterministic.ts'

/** A message as an xDS resource: deterministic bytes, the version is their hash. */
export function toResource<D extends DescMessage>(
  key: { readonly type: ResourceType; readonly name: string },
  schema: D,
  message: MessageShape<D>,
  more: { readonly refs?: readonly ResourceKey[]; readonly owner?: string } = {},
): Resource {
  const value = deterministicBytes(schema, message)
  return { type: key.type, name: key.name, version: contentHash(value), value, refs: more.refs ?? [], ...(more.owner && { owner: more.owner }) }
}
