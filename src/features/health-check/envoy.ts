import type { EnvoyParts } from '../../envoy/parts.ts'
import { duration } from '../../envoy/duration.ts'
import { CodecClientType } from '#gen/envoy/type/v3/http_pb.js'
import type { HealthCheck } from './model.ts'

/** https://www.envoyproxy.io/docs/envoy/latest/api-v3/config/core/v3/health_check.proto */
export const envoy: EnvoyParts<HealthCheck> = {
  cluster: (check, service) => ({
    cluster: {
      healthChecks: [
        {
          timeout: duration(check.timeout),
          interval: duration(check.interval),
          // Envoy would wait 60 s between checks until the cluster has carried traffic.
          noTrafficInterval: duration(check.interval),
          unhealthyThreshold: check.unhealthyAfter,
          healthyThreshold: check.healthyAfter,
          healthChecker: {
            case: 'httpHealthCheck',
            value: {
              path: check.path,
              host: check.host,
              codecClientType: service.protocol === 'http1' ? CodecClientType.HTTP1 : CodecClientType.HTTP2,
              expectedStatuses: check.expect.map((status) => ({ start: BigInt(status), end: BigInt(status + 1) })),
              // Without this, one unexpected status is unhealthy at once and `unhealthyAfter` would not count.
              retriableStatuses: [{ start: 100n, end: 600n }],
            },
          },
        },
      ],
    },
  }),
  // A new endpoint is checked at once; by then its first answer is in, or one more round has passed. Never less than a second:
  // when the machine hesitates, a check that should take milliseconds fails, and the old endpoints would be gone before the next one.
  settleMs: (check) => Math.max(1_000, check.timeout + Math.min(check.interval, 5_000)),
}
