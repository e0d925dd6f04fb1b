import { create, type Message } from '@bufbuild/protobuf'
import { TypedExtensionConfigSchema } from '#gen/envoy/config/core/v3/extension_pb.js'
import { BrotliSchema } from '#gen/envoy/extensions/compression/brotli/compressor/v3/brotli_pb.js'
import { GzipSchema } from '#gen/envoy/extensions/compression/gzip/compressor/v3/gzip_pb.js'
import { type Compressor, CompressorSchema } from '#gen/envoy/extensions/filters/http/compressor/v3/compressor_pb.js'
import { any } from '../../envoy/any.ts'
import type { ChainName } from '../../envoy/chain.ts'
import type { EnvoyParts } from '../../envoy/parts.ts'
import type { Algorithm } from './config.ts'
import type { Compression } from './model.ts'

/** A part of an answer must stay the part that it is. */
const partialContent = 206

const places: Readonly<Record<Algorithm, ChainName>> = { brotli: 'compressor-br', gzip: 'compressor-gzip' }
const libraries = { brotli: () => any(BrotliSchema, {}), gzip: () => any(GzipSchema, {}) } as const

/**
 * The filters of the listener take neither content types nor a size from a route, so a route brings filters of its own.
 * Nothing is done for routes that answer by themselves: their bodies are small, and nginx could not do it.
 */
export const envoy: EnvoyParts<Compression> = {
  route: (compression, route) => {
    if (route.action.type !== 'forward') return {}
    const chain: Partial<Record<ChainName, Message>> = {}
    for (const algorithm of compression.algorithms) chain[places[algorithm]] = compressor(algorithm, compression)
    return { chain }
  },
}

function compressor(algorithm: Algorithm, { types, minSize }: Compression): Compressor {
  return create(CompressorSchema, {
    compressorLibrary: create(TypedExtensionConfigSchema, { name: algorithm, typedConfig: libraries[algorithm]() }),
    responseDirectionConfig: {
      commonConfig: { minContentLength: minSize, contentType: [...types] },
      weakenEtagOnCompress: true,
      uncompressibleResponseCodes: [partialContent],
    },
  })
}
