import { create } from '@bufbuild/protobuf'
import { GrpcWebSchema } from '#gen/envoy/extensions/filters/http/grpc_web/v3/grpc_web_pb.js'
import type { EnvoyParts } from '../../envoy/parts.ts'
import type { GrpcWeb } from './model.ts'

/** https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_filters/grpc_web_filter */
export const envoy: EnvoyParts<GrpcWeb> = {
  route: () => ({ chain: { 'grpc-web': create(GrpcWebSchema) } }),
}
