import { create, type MessageInitShape } from '@bufbuild/protobuf'
import {
  type CertificateValidationContextSchema,
  SubjectAltNameMatcher_SanType,
  TlsParameters_TlsProtocol,
} from '#gen/envoy/extensions/transport_sockets/tls/v3/common_pb.js'
import { SecretSchema } from '#gen/envoy/extensions/transport_sockets/tls/v3/secret_pb.js'
import { type CommonTlsContextSchema, UpstreamTlsContextSchema } from '#gen/envoy/extensions/transport_sockets/tls/v3/tls_pb.js'
import { any } from '../../envoy/any.ts'
import { fromAds } from '../../envoy/http-filters.ts'
import type { EnvoyParts } from '../../envoy/parts.ts'
import { toResource } from '../../envoy/resource.ts'
import type { Service } from '../../model/gateway.ts'
import type { UpstreamTls } from './model.ts'

type Validation = MessageInitShape<typeof CertificateValidationContextSchema>
type Common = Exclude<MessageInitShape<typeof CommonTlsContextSchema>, { $typeName: string }>

/** Where Debian, Alpine and the Envoy image keep the system's authorities. */
const systemAuthorities = '/etc/ssl/certs/ca-certificates.crt'

export const envoy: EnvoyParts<UpstreamTls> = {
  cluster: (tls, service) => {
    const name = serverName(tls, service)
    const context = any(UpstreamTlsContextSchema, {
      sni: name,
      commonTlsContext: {
        tlsParams: { tlsMinimumProtocolVersion: TlsParameters_TlsProtocol.TLSv1_2, tlsMaximumProtocolVersion: TlsParameters_TlsProtocol.TLSv1_3 },
        ...(service.protocol === 'http1' ? {} : { alpnProtocols: ['h2'] }),
        ...validation(tls, service, name),
      },
    })
    return {
      cluster: { transportSocket: { name: 'envoy.transport_sockets.tls', configType: { case: 'typedConfig', value: context } } },
      refs: tls.verify && tls.ca !== undefined ? [{ type: 'secret', name: secretName(service) }] : [],
    }
  },
  secrets: (tls, node, read) => {
    if (tls.ca === undefined || !tls.verify) return []
    const value: Validation = { trustedCa: { specifier: { case: 'inlineBytes', value: read(tls.ca) } } }
    const secret = create(SecretSchema, { name: secretName(node), type: { case: 'validationContext', value } })
    return [toResource({ type: 'secret', name: secretName(node) }, SecretSchema, secret, { owner: `service/${node.name}` })]
  },
}

/** The name that is asked for: as written, else that of the first endpoint (a check has made sure that it is a name). */
function serverName(tls: UpstreamTls, service: Service): string {
  return tls.serverName ?? service.discovery.endpoints[0]?.address ?? service.name
}

/** Envoy alone would trust any certificate, and with an authority alone any name. */
function validation(tls: UpstreamTls, service: Service, name: string): Pick<Common, 'validationContextType'> {
  if (!tls.verify) return {}
  const names: Validation = {
    matchTypedSubjectAltNames: [{ sanType: SubjectAltNameMatcher_SanType.DNS, matcher: { matchPattern: { case: 'exact', value: name } } }],
  }
  if (tls.ca === undefined) {
    return {
      validationContextType: {
        case: 'validationContext',
        value: { ...names, trustedCa: { specifier: { case: 'filename', value: systemAuthorities } } },
      },
    }
  }
  return {
    validationContextType: {
      case: 'combinedValidationContext',
      value: { defaultValidationContext: names, validationContextSdsSecretConfig: { name: secretName(service), sdsConfig: fromAds } },
    },
  }
}

function secretName(service: { readonly name: string }): string {
  return `service/${service.name}/ca`
}
