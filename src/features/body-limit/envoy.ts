import { create } from '@bufbuild/protobuf'
import { BodySizeLimitSchema } from '#gen/envoy/extensions/filters/http/body_size_limit/v3/body_size_limit_pb.js'
import type { EnvoyParts } from '../../envoy/parts.ts'
import type { BodyLimit } from './model.ts'

/** The filter counts while the body streams through; it holds nothing back. */
export const envoy: EnvoyParts<BodyLimit> = {
  route: (limit) => ({ chain: { 'body-size-limit': create(BodySizeLimitSchema, { maxRequestBytes: BigInt(limit) }) } }),
}
