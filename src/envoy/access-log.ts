import type { MessageInitShape } from '@bufbuild/protobuf'
import type { AccessLogSchema } from '#gen/envoy/config/accesslog/v3/accesslog_pb.js'
import { StdoutAccessLogSchema } from '#gen/envoy/extensions/access_loggers/stream/v3/stream_pb.js'
import { any } from './any.ts'

/**
 * One JSON object a request on standard output. Every value is JSON-encoded by the proxy, so text from clients cannot forge lines.
 * Paths come without their query, which may hold tokens; `NQ:ORIG_OR_PATH` is the path before any rewrite.
 */
const fields = {
  time: '%START_TIME(%Y-%m-%dT%H:%M:%S.%3fZ)%',
  request_id: '%REQ(X-REQUEST-ID)%',
  trace_id: '%TRACE_ID%',
  method: '%REQ(:METHOD)%',
  host: '%REQ(:AUTHORITY)%',
  path: '%PATH(NQ:ORIG_OR_PATH)%',
  protocol: '%PROTOCOL%',
  status: '%RESPONSE_CODE%',
  flags: '%RESPONSE_FLAGS%',
  details: '%RESPONSE_CODE_DETAILS%',
  duration_ms: '%DURATION%',
  upstream_ms: '%RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)%',
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
