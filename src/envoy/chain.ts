import { create, type DescMessage, type Message } from '@bufbuild/protobuf'
import { TypedExtensionConfigSchema } from '#gen/envoy/config/core/v3/extension_pb.js'
import { BodySizeLimitSchema } from '#gen/envoy/extensions/filters/http/body_size_limit/v3/body_size_limit_pb.js'
import { CompressorSchema } from '#gen/envoy/extensions/filters/http/compressor/v3/compressor_pb.js'
import {
  type FilterChainConfigPerRoute,
  FilterChainConfigPerRouteSchema,
} from '#gen/envoy/extensions/filters/http/filter_chain/v3/filter_chain_pb.js'
import { GrpcWebSchema } from '#gen/envoy/extensions/filters/http/grpc_web/v3/grpc_web_pb.js'
import { anyOf } from './any.ts'

/** One fixed place among the filters that a route may bring itself. */
interface ChainPlace {
  readonly name: string
  readonly type: DescMessage
  /** Why the filter stands here. */
  readonly reason: string
}

/** What runs inside the `filter-chain` slot of a route, in order: filters that cannot be shipped in the listener and switched on by a route. */
const places = [
  { name: 'body-size-limit', type: BodySizeLimitSchema, reason: 'counts what the client sent, before anything else may change it' },
  { name: 'grpc-web', type: GrpcWebSchema, reason: 'translates what was counted; everything after it sees gRPC' },
  {
    name: 'compressor-br',
    type: CompressorSchema,
    reason: 'what the filters above see of an answer is small and may still be read; before gzip, as in the listener',
  },
  { name: 'compressor-gzip', type: CompressorSchema, reason: 'for clients without brotli' },
] as const satisfies readonly ChainPlace[]

export type ChainName = (typeof places)[number]['name']

/** The per-route message of the `filter-chain` slot with these filters. Throws when a message is not of the type of its place. */
export function filterChain(filters: Readonly<Partial<Record<ChainName, Message>>>): FilterChainConfigPerRoute {
  const own = places.flatMap(({ name, type }) => {
    const message = filters[name]
    return message ? [create(TypedExtensionConfigSchema, { name, typedConfig: anyOf(type, message) })] : []
  })
  return create(FilterChainConfigPerRouteSchema, { filterChain: { filters: own } })
}
