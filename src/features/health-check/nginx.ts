import type { NginxParts } from '../../nginx/parts.ts'
import type { HealthCheck } from './model.ts'

/** One worker of a node asks, and tells the others. */
export const nginx: NginxParts<HealthCheck> = {
  state: ({ path, host, expect, interval, timeout, unhealthyAfter, healthyAfter }, node) => {
    const tls = node.policies['upstream-tls'] !== undefined
    return { path, host, expect, interval, timeout, unhealthyAfter, healthyAfter, ...(tls ? { tls: host } : {}) }
  },
  *support(_check, node) {
    if (node.kind !== 'service') return
    if (node.protocol === 'grpc') {
      yield {
        kind: 'refused',
        message: `nginx asks for health over HTTP/1.1, which a gRPC service such as ${node.name} does not speak`,
        path: ['healthCheck'],
        help: 'use `outlierDetection`, which looks at the answers to real requests',
      }
    }
    if (node.policies['upstream-tls'] !== undefined) {
      yield {
        kind: 'note',
        message: `health checks of service ${node.name} use TLS without verifying the certificate; requests verify it`,
        path: ['healthCheck'],
      }
    }
  },
}
