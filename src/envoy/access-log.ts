import type { MessageInitShape } from '@bufbuild/protobuf'
import type { AccessLogSchema } from '#gen/envoy/config/accesslog/v3/accesslog_pb.js'
import { StdoutAccessLogSchema } from '#gen/envoy/extensions/access_loggers/stream/v3/stream_pb.js'
import { any } from './any.ts'

/**
 * One JSON object a request on standard output. Every value is JSON-encoded by the proxy, so text from clients cannot forge lines.
 * Paths come without their query, which may hold tokens, and as they went to the service: what a rewritten one was before, Envoy keeps in a header of
 * the kind that the router is told not to write. Likewise the time that the upstream took is counted here and not read from its header.
 * Envoy writes the time in UTC with milliseconds by itself, for half of what a format costs, and details for a third when it need not look for white space.
 */
const fields = {
  time: '%START_TIME%',
  request_id: '%REQ(X-REQUEST-ID)%',
  method: '%REQ(:METHOD)%',
  host: '%REQ(:AUTHORITY)%',
  path: '%PATH(NQ:PATH)%',
  protocol: '%PROTOCOL%',
  status: '%RESPONSE_CODE%',
  flags: '%RESPONSE_FLAGS%',
  details: '%RESPONSE_CODE_DETAILS(ALLOW_WHITESPACES)%',
  duration_ms: '%DURATION%',
  upstream_ms: '%COMMON_DURATION(US_TX_BEG:US_RX_BEG:ms)%',
  bytes_in: '%BYTES_RECEIVED%',
  bytes_out: '%BYTES_SENT%',
  client_ip: '%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%',
  user_agent: '%REQ(USER-AGENT)%',
  route: '%ROUTE_NAME%',
  service: '%UPSTREAM_CLUSTER_RAW%',
  endpoint: '%UPSTREAM_HOST%',
  attempts: '%UPSTREAM_REQUEST_ATTEMPT_COUNT%',
} as const

/** The access log of a listener; `listener` is its name. */
export function accessLog(listener: string): MessageInitShape<typeof AccessLogSchema> {
  const jsonFormat = { ...fields, listener }
  const config = any(StdoutAccessLogSchema, {
    accessLogFormat: { case: 'logFormat', value: { format: { case: 'jsonFormat', value: jsonFormat } } },
  })
  return { name: 'stdout', configType: { case: 'typedConfig', value: config } }
}
