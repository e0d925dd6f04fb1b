import type { Diagnostic } from '../../diagnostics/diagnostic.ts'
import type { Cx } from '../../model/cx.ts'
import type { Gateway } from '../../model/gateway.ts'

/** The only value is that the route has it. */
export type GrpcWeb = true

export function* check(gateway: Gateway, cx: Cx): Iterable<Diagnostic> {
  for (const route of gateway.routes.values()) {
    if (route.policies['grpc-web'] === undefined || route.action.type !== 'forward') continue
    for (const [index, { service }] of route.action.targets.entries()) {
      if (cx.service(service)?.protocol === 'grpc') continue
      yield {
        code: 'grpc-web/not-grpc',
        severity: 'error',
        message: `service ${service} does not speak gRPC, so there is nothing to translate to`,
        at: cx.at(route, route.action.targets.length > 1 ? ['to', index] : ['to']),
        related: [{ message: 'asked for here', at: cx.at(route, ['grpcWeb'], 'key') }],
        help: `write \`protocol: grpc\` at the service ${service}, or take \`grpcWeb\` off the route`,
      }
    }
  }
}
