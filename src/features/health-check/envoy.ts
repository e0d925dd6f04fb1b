import type { MessageInitShape } from '@bufbuild/protobuf'
import { HeaderValueOption_HeaderAppendAction, RequestMethod } from '#gen/envoy/config/core/v3/base_pb.js'
import type { HealthCheckSchema } from '#gen/envoy/config/core/v3/health_check_pb.js'
import { CodecClientType } from '#gen/envoy/type/v3/http_pb.js'
import { duration } from '../../envoy/duration.ts'
import type { EnvoyParts } from '../../envoy/parts.ts'
import { compare } from '../../lib/compare.ts'
import type { Service } from '../../model/gateway.ts'
import type { HealthCheck, Question } from './model.ts'

type Checker = Exclude<MessageInitShape<typeof HealthCheckSchema>, { $typeName: string }>['healthChecker']

/** So much of an answer is searched for the expected text, in bytes. */
const searched = 16_384n

const methods = { GET: RequestMethod.GET, HEAD: RequestMethod.HEAD, OPTIONS: RequestMethod.OPTIONS }

/** https://www.envoyproxy.io/docs/envoy/latest/api-v3/config/core/v3/health_check.proto */
export const envoy: EnvoyParts<HealthCheck> = {
  cluster: (check, service) => ({
    cluster: {
      healthChecks: [
        {
          timeout: duration(check.timeout),
          interval: duration(check.interval),
          // Envoy would wait 60 s between checks until the cluster has carried traffic.
          noTrafficInterval: duration(check.idleInterval),
          ...(check.unhealthyInterval === check.interval ? {} : { unhealthyInterval: duration(check.unhealthyInterval) }),
          ...(check.jitter === 0 ? {} : { intervalJitterPercent: check.jitter }),
          unhealthyThreshold: check.unhealthyAfter,
          healthyThreshold: check.healthyAfter,
          healthChecker: checker(check.question, service),
        },
      ],
    },
  }),
  // A new endpoint is checked at once; by then its first answer is in, or one more round has passed. Never less than a second:
  // when the machine hesitates, a check that should take milliseconds fails, and the old endpoints would be gone before the next one.
  settleMs: (check) => Math.max(1_000, check.timeout + Math.min(check.interval, 5_000)),
}

function checker(question: Question, service: Service): NonNullable<Checker> {
  if (question.type === 'tcp') {
    const { send, receive } = question
    return {
      case: 'tcpHealthCheck',
      value: { ...(send === undefined ? {} : { send: payload(send) }), receive: receive === undefined ? [] : [payload(receive)] },
    }
  }
  if (question.type === 'grpc') return { case: 'grpcHealthCheck', value: { serviceName: question.service, authority: question.authority } }
  return {
    case: 'httpHealthCheck',
    value: {
      path: question.path,
      host: question.host,
      ...(question.method === 'GET' ? {} : { method: methods[question.method] }),
      codecClientType: service.protocol === 'http1' ? CodecClientType.HTTP1 : CodecClientType.HTTP2,
      expectedStatuses: question.expect.map((status) => ({ start: BigInt(status), end: BigInt(status + 1) })),
      // Without this, one unexpected status is unhealthy at once and `unhealthyAfter` would not count.
      retriableStatuses: [{ start: 100n, end: 600n }],
      ...(question.body === undefined ? {} : { receive: [payload(question.body)], responseBufferSize: searched }),
      requestHeadersToAdd: Object.entries(question.headers)
        .sort(([a], [b]) => compare(a, b))
        .map(([key, value]) => ({
          header: { key, value: value.replaceAll('%', '%%') },
          appendAction: HeaderValueOption_HeaderAppendAction.OVERWRITE_IF_EXISTS_OR_ADD,
        })),
    },
  }
}

/** Texts of a check are written as hex digits. */
function payload(text: string) {
  return { payload: { case: 'text' as const, value: Buffer.from(text).toString('hex') } }
}
