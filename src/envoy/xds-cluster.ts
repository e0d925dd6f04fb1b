import type { MessageInitShape } from '@bufbuild/protobuf'
import { isIP } from 'node:net'
import { Cluster_DiscoveryType, type ClusterSchema } from '#gen/envoy/config/cluster/v3/cluster_pb.js'
import type { AddressSchema } from '#gen/envoy/config/core/v3/address_pb.js'
import type { TransportSocketSchema } from '#gen/envoy/config/core/v3/base_pb.js'
import { SubjectAltNameMatcher_SanType as SanType, TlsParameters_TlsProtocol } from '#gen/envoy/extensions/transport_sockets/tls/v3/common_pb.js'
import { UpstreamTlsContextSchema } from '#gen/envoy/extensions/transport_sockets/tls/v3/tls_pb.js'
import { HttpProtocolOptionsSchema } from '#gen/envoy/extensions/upstreams/http/v3/http_protocol_options_pb.js'
import { any } from './any.ts'
import { seconds } from './duration.ts'

/** Name of the bootstrap cluster that leads to the control plane: xDS, load reports. */
export const xdsClusterName = 'sluice.xds'

/** Where the control plane listens, seen from the proxy. */
export type XdsServer =
  { readonly type: 'pipe'; readonly path: string } | { readonly type: 'tcp'; readonly host: string; readonly port: number; readonly tls?: XdsTls }

/** Mutual TLS to a remote control plane; all paths are PEM files on the proxy's machine. */
export interface XdsTls {
  readonly caFile: string
  readonly certFile?: string
  readonly keyFile?: string
  /** Name that the server's certificate must carry; default: the host. */
  readonly serverName?: string
}

/** The cluster of the control plane: HTTP/2, with a ping every 2 s so that a frozen server is noticed. */
export function xdsCluster(server: XdsServer): MessageInitShape<typeof ClusterSchema> {
  const byName = server.type === 'tcp' && isIP(server.host) === 0
  return {
    name: xdsClusterName,
    clusterDiscoveryType: { case: 'type', value: byName ? Cluster_DiscoveryType.STRICT_DNS : Cluster_DiscoveryType.STATIC },
    connectTimeout: seconds(1),
    loadAssignment: {
      clusterName: xdsClusterName,
      endpoints: [{ lbEndpoints: [{ hostIdentifier: { case: 'endpoint', value: { address: addressOf(server) } } }] }],
    },
    typedExtensionProtocolOptions: { 'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': http2 },
    ...(server.type === 'tcp' && server.tls && { transportSocket: upstreamTls(server.tls, server.host) }),
  }
}

const http2 = any(HttpProtocolOptionsSchema, {
  upstreamProtocolOptions: {
    case: 'explicitHttpConfig',
    value: { protocolConfig: { case: 'http2ProtocolOptions', value: { connectionKeepalive: { interval: seconds(2), timeout: seconds(2) } } } },
  },
})

function addressOf(server: XdsServer): MessageInitShape<typeof AddressSchema> {
  if (server.type === 'pipe') return { address: { case: 'pipe', value: { path: server.path } } }
  return { address: { case: 'socketAddress', value: { address: server.host, portSpecifier: { case: 'portValue', value: server.port } } } }
}

function upstreamTls(tls: XdsTls, host: string): MessageInitShape<typeof TransportSocketSchema> {
  const name = tls.serverName ?? host
  const file = (filename: string) => ({ specifier: { case: 'filename' as const, value: filename } })
  const own = tls.certFile && tls.keyFile ? [{ certificateChain: file(tls.certFile), privateKey: file(tls.keyFile) }] : []
  const config = any(UpstreamTlsContextSchema, {
    ...(isIP(name) === 0 && { sni: name }),
    commonTlsContext: {
      tlsParams: { tlsMinimumProtocolVersion: TlsParameters_TlsProtocol.TLSv1_2 },
      alpnProtocols: ['h2'],
      tlsCertificates: own,
      validationContextType: {
        case: 'validationContext',
        value: {
          trustedCa: file(tls.caFile),
          matchTypedSubjectAltNames: [
            { sanType: isIP(name) ? SanType.IP_ADDRESS : SanType.DNS, matcher: { matchPattern: { case: 'exact', value: name } } },
          ],
        },
      },
    },
  })
  return { name: 'tls', configType: { case: 'typedConfig', value: config } }
}
