import type { Diagnostic } from '../../diagnostics/diagnostic.ts'
import type { CheckCx } from '../../model/cx.ts'
import type { Route } from '../../model/gateway.ts'

/** The only value is that the route has it. */
export type GrpcWeb = true

export function* check(_value: GrpcWeb, route: Route, cx: CheckCx): Iterable<Diagnostic> {
  if (route.action.type !== 'forward') return
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
