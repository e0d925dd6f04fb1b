import type { Message, MessageInitShape } from '@bufbuild/protobuf'
import { HttpProtocolOptions_HeadersWithUnderscoresAction as Underscores } from '#gen/envoy/config/core/v3/protocol_pb.js'
import {
  HttpConnectionManager_CodecType as CodecType,
  HttpConnectionManager_ForwardClientCertDetails as ClientCert,
  HttpConnectionManager_PathWithEscapedSlashesAction as EscapedSlashes,
  HttpConnectionManager_ServerHeaderTransformation as ServerHeader,
  type HttpConnectionManagerSchema,
} from '#gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js'
import type { Listener } from '../model/gateway.ts'
import { accessLog } from './access-log.ts'
import { duration, seconds } from './duration.ts'
import { fromAds, httpFilters } from './http-filters.ts'
import { localReplies } from './local-replies.ts'
import { stripOwnedHeaders } from './owned-headers.ts'

type Manager = Exclude<MessageInitShape<typeof HttpConnectionManagerSchema>, Message>

/**
 * How a listener speaks HTTP: Envoy's advice for an edge proxy, stricter where an API gateway can be.
 * https://www.envoyproxy.io/docs/envoy/latest/configuration/best_practices/edge
 */
export function httpConnectionManager(listener: Listener): Manager {
  return {
    statPrefix: listener.name,
    codecType: CodecType.AUTO,
    routeSpecifier: { case: 'rds', value: { configSource: fromAds, routeConfigName: listener.name } },
    httpFilters: httpFilters(),
    ...clientIdentity(listener),
    ...protocolLimits,
    ...timeouts,
    ...paths,
    ...responses(listener),
    earlyHeaderMutationExtensions: [stripOwnedHeaders(listener.trustedHops)],
    accessLog: [accessLog(listener.name)],
  }
}

/** Whom the request comes from: the peer, or what the counted trusted proxies in front say. */
function clientIdentity(listener: Listener) {
  return {
    useRemoteAddress: true,
    xffNumTrustedHops: listener.trustedHops,
    skipXffAppend: false,
    forwardClientCertDetails: ClientCert.SANITIZE,
    generateRequestId: true,
    preserveExternalRequestId: false,
    // No peer counts as internal: an internal one could steer retries and timeouts with x-envoy-* headers.
    // An empty list would mean all private networks, so the list names an address that no peer can have.
    internalAddressConfig: { unixSockets: false, cidrRanges: [{ addressPrefix: '255.255.255.255', prefixLen: 32 }] },
  } satisfies Manager
}

const protocolLimits = {
  maxRequestHeadersKb: 60,
  commonHttpProtocolOptions: { idleTimeout: seconds(3600), maxHeadersCount: 100, headersWithUnderscoresAction: Underscores.REJECT_REQUEST },
  httpProtocolOptions: { acceptHttp10: false, allowChunkedLength: false },
  http2ProtocolOptions: {
    maxConcurrentStreams: 100,
    initialStreamWindowSize: 65_536,
    initialConnectionWindowSize: 1_048_576,
    connectionKeepalive: { interval: seconds(30), timeout: seconds(10) },
  },
} satisfies Manager

/** Time without a byte after which a request ends whose route says nothing else, in milliseconds. */
export const streamIdleMs = 300_000

/** Timeouts of one route (its response, per try) are set by the route. */
const timeouts = {
  streamIdleTimeout: duration(streamIdleMs),
  requestTimeout: seconds(300),
  requestHeadersTimeout: seconds(10),
  delayedCloseTimeout: seconds(1),
  drainTimeout: seconds(5),
} satisfies Manager

/** One spelling for each path before it is matched; an escaped slash could hide a segment from the match, so it is refused. */
const paths = {
  normalizePath: true,
  mergeSlashes: true,
  pathWithEscapedSlashesAction: EscapedSlashes.REJECT_REQUEST,
  stripTrailingHostDot: true,
} satisfies Manager

function responses(listener: Listener) {
  return {
    serverHeaderTransformation: ServerHeader.OVERWRITE,
    serverName: 'sluice',
    localReplyConfig: localReplies(listener.errorFormat),
  } satisfies Manager
}
