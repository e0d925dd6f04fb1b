import { create } from '@bufbuild/protobuf'
import { TlsParameters_TlsProtocol } from '#gen/envoy/extensions/transport_sockets/tls/v3/common_pb.js'
import { SecretSchema } from '#gen/envoy/extensions/transport_sockets/tls/v3/secret_pb.js'
import { DownstreamTlsContextSchema } from '#gen/envoy/extensions/transport_sockets/tls/v3/tls_pb.js'
import { any } from '../../envoy/any.ts'
import { fromAds } from '../../envoy/http-filters.ts'
import type { EnvoyParts } from '../../envoy/parts.ts'
import { toResource } from '../../envoy/resource.ts'
import type { ListenerTls } from './model.ts'

const versions = { '1.2': TlsParameters_TlsProtocol.TLSv1_2, '1.3': TlsParameters_TlsProtocol.TLSv1_3 } as const

/** https://www.envoyproxy.io/docs/envoy/latest/api-v3/extensions/transport_sockets/tls/v3/tls.proto */
export const envoy: EnvoyParts<ListenerTls> = {
  listener: (tls, listener) => {
    const names = tls.certificates.map((_, index) => secretName(listener, index))
    const context = any(DownstreamTlsContextSchema, {
      commonTlsContext: {
        tlsParams: { tlsMinimumProtocolVersion: versions[tls.minVersion], tlsMaximumProtocolVersion: TlsParameters_TlsProtocol.TLSv1_3 },
        tlsCertificateSdsSecretConfigs: names.map((name) => ({ name, sdsConfig: fromAds })),
        alpnProtocols: ['h2', 'http/1.1'],
      },
      requireClientCertificate: false,
    })
    return {
      transportSocket: { name: 'envoy.transport_sockets.tls', configType: { case: 'typedConfig', value: context } },
      refs: names.map((name) => ({ type: 'secret', name })),
    }
  },
  secrets: (tls, node, read) =>
    tls.certificates.map(({ cert, key }, index) => {
      const inline = (material: string) => ({ specifier: { case: 'inlineBytes' as const, value: read(material) } })
      const name = secretName(node, index)
      const secret = create(SecretSchema, {
        name,
        type: { case: 'tlsCertificate', value: { certificateChain: inline(cert), privateKey: inline(key) } },
      })
      return toResource({ type: 'secret', name }, SecretSchema, secret, { owner: `listener/${node.name}` })
    }),
}

function secretName(listener: { readonly name: string }, index: number): string {
  return `listener/${listener.name}/${index}`
}
