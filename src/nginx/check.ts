import type { Diagnostic } from '../diagnostics/diagnostic.ts'
import type { Feature } from '../feature.ts'
import { checkSupport } from '../model/check-support.ts'
import type { Cx } from '../model/cx.ts'
import type { Node, Service } from '../model/gateway.ts'

/** Everything of a node that the nginx engine cannot do (errors), or does differently (notes). An error means: do not compile for nginx. */
export function* checkNginx(features: readonly Feature[], node: Node, cx: Cx): Iterable<Diagnostic> {
  yield* checkSupport('nginx', features, node, cx)
  if (node.kind === 'service') yield* checkService(node, cx)
}

function* checkService(service: Service, cx: Cx): Iterable<Diagnostic> {
  if (service.protocol === 'h2') {
    yield {
      code: 'nginx/unsupported',
      severity: 'error',
      message: `service ${service.name} speaks HTTP/2, which nginx speaks to services only for gRPC`,
      at: cx.at(service, ['protocol']),
      help: 'use `protocol: http1`, or `grpc` when it is gRPC',
    }
  }
}
