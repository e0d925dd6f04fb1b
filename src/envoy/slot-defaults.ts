import { create } from '@bufbuild/protobuf'
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt'
import { toBinary } from '@bufbuild/protobuf'
import { TypedExtensionConfigSchema } from '#gen/envoy/config/core/v3/extension_pb.js'
import { BrotliSchema } from '#gen/envoy/extensions/compression/brotli/compressor/v3/brotli_pb.js'
import { GzipSchema } from '#gen/envoy/extensions/compression/gzip/compressor/v3/gzip_pb.js'
import { BufferSchema } from '#gen/envoy/extensions/filters/http/buffer/v3/buffer_pb.js'
import { type Compressor, CompressorSchema } from '#gen/envoy/extensions/filters/http/compressor/v3/compressor_pb.js'
import { ExternalProcessorSchema } from '#gen/envoy/extensions/filters/http/ext_proc/v3/ext_proc_pb.js'
import { ProcessingMode_HeaderSendMode } from '#gen/envoy/extensions/filters/http/ext_proc/v3/processing_mode_pb.js'
import { GrpcJsonTranscoderSchema } from '#gen/envoy/extensions/filters/http/grpc_json_transcoder/v3/transcoder_pb.js'
import { type LocalRateLimit, LocalRateLimitSchema } from '#gen/envoy/extensions/filters/http/local_ratelimit/v3/local_rate_limit_pb.js'
import { RateLimitSchema } from '#gen/envoy/extensions/filters/http/ratelimit/v3/rate_limit_pb.js'
import { ApiVersion } from '#gen/envoy/config/core/v3/config_source_pb.js'
import { any } from './any.ts'

/** Cluster that side services (shared limits, body validation) are reached through once a feature defines it; until then nothing calls it. */
const sideServiceCluster = 'sluice.services'

/** A bucket filter that counts nothing: no bucket is ever asked, because the filter is enabled for 0 % of requests. */
export function emptyLimits(statPrefix: string, stage: number): LocalRateLimit {
  const never = { defaultValue: { numerator: 0 } }
  return create(LocalRateLimitSchema, { statPrefix, stage, filterEnabled: never, filterEnforced: never })
}

/** Envoy demands a service even of a limiter that no route uses. */
export const emptyRateLimit = create(RateLimitSchema, {
  domain: 'sluice',
  rateLimitService: {
    transportApiVersion: ApiVersion.V3,
    grpcService: { targetSpecifier: { case: 'envoyGrpc', value: { clusterName: sideServiceCluster } } },
  },
})

/** Envoy demands a service here too; with everything skipped it is never called. */
export const emptyExtProc = create(ExternalProcessorSchema, {
  grpcService: { targetSpecifier: { case: 'envoyGrpc', value: { clusterName: sideServiceCluster } } },
  processingMode: { requestHeaderMode: ProcessingMode_HeaderSendMode.SKIP, responseHeaderMode: ProcessingMode_HeaderSendMode.SKIP },
})

/** The size must be positive; routes bring their own. */
export const emptyBuffer = create(BufferSchema, { maxRequestBytes: 1 })

/** A transcoder without services leaves every request alone. */
export const emptyTranscoder = create(GrpcJsonTranscoderSchema, {
  descriptorSet: { case: 'protoDescriptorBin', value: toBinary(FileDescriptorSetSchema, create(FileDescriptorSetSchema)) },
})

export const brotli: Compressor = create(CompressorSchema, {
  compressorLibrary: create(TypedExtensionConfigSchema, { name: 'brotli', typedConfig: any(BrotliSchema) }),
})

export const gzip: Compressor = create(CompressorSchema, {
  compressorLibrary: create(TypedExtensionConfigSchema, { name: 'gzip', typedConfig: any(GzipSchema) }),
})
