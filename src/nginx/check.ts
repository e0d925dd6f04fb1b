import type { Diagnostic } from '../diagnostics/diagnostic.ts'
import type { Feature } from '../feature.ts'
import type { Cx } from '../model/cx.ts'
import type { Gateway, Node, Service } from '../model/gateway.ts'
import type { codes } from './codes.ts'

type NginxFinding = Diagnostic & { readonly code: keyof typeof codes }

/** Everything of the gateway that the nginx engine cannot do (errors), or does differently (notes). An error means: do not compile for nginx. */
export function* checkNginx(features: readonly Feature[], gateway: Gateway, cx: Cx): Iterable<NginxFinding> {
  for (const nodes of [gateway.listeners, gateway.services, gateway.routes]) {
    for (const node of nodes.values()) yield* checkNode(features, node, cx)
  }
  for (const service of gateway.services.values()) yield* checkService(service, cx)
}

function* checkNode(features: readonly Feature[], node: Node, cx: Cx): Iterable<NginxFinding> {
  for (const feature of features) {
    const value = node.policies[feature.name]
    if (value === undefined) continue
    if (!feature.nginx) {
      const key = feature.points.find((point) => point.at === node.kind || (point.at === 'action' && node.kind === 'route'))?.key ?? feature.name
      yield {
        code: 'nginx/unsupported',
        severity: 'error',
        message: `the nginx engine has no ${feature.name}, which ${node.kind} ${node.name} uses`,
        at: cx.at(node, [key], 'key'),
      }
      continue
    }
    for (const { kind, message, path, help } of feature.nginx.support?.(value, node) ?? []) {
      const refused = kind === 'refused'
      yield {
        code: refused ? 'nginx/unsupported' : 'nginx/differs',
        severity: refused ? 'error' : 'info',
        message,
        at: cx.at(node, path),
        ...(help === undefined ? {} : { help }),
      }
    }
  }
}

function* checkService(service: Service, cx: Cx): Iterable<NginxFinding> {
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
