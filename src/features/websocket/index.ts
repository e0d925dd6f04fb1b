import type { Diagnostic } from '../../diagnostics/diagnostic.ts'
import type { Feature } from '../../feature.ts'
import { schema } from './config.ts'
import { envoy } from './envoy.ts'
import { lower, type WebSocketPolicy, written } from './model.ts'
import { nginx } from './nginx.ts'

export const websocket: Feature<WebSocketPolicy> = {
  name: 'websocket',
  points: [{ at: 'route', key: 'websocket', schema, merge: 'replace' }],
  lower,
  written,
  check: {
    *route(value, route, cx): Iterable<Diagnostic> {
      if (!value || route.action.type !== 'forward') return
      for (const [index, { service }] of route.action.targets.entries()) {
        if ((cx.service(service)?.protocol ?? 'http1') === 'http1') continue
        yield {
          code: 'websocket/not-http1',
          severity: 'error',
          message: `service ${service} speaks ${cx.service(service)?.protocol ?? ''}, and a WebSocket needs HTTP/1.1 to its endpoints`,
          at: cx.at(route, route.action.targets.length > 1 ? ['to', index] : ['to']),
          related: [{ message: 'asked for here', at: cx.at(route, ['websocket'], 'key') }],
          help: 'take `websocket` off the route, or lead it to a service with `protocol: http1`',
        }
      }
    },
  },
  envoy,
  nginx,
  codes: {
    'websocket/not-http1': 'WebSockets begin as an HTTP/1.1 request that asks for an upgrade; endpoints that speak HTTP/2 or gRPC do not know it.',
  },
}
