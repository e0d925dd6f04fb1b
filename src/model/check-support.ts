import type { Diagnostic } from '../diagnostics/diagnostic.ts'
import type { Feature } from '../feature.ts'
import type { Cx } from './cx.ts'
import type { Node } from './gateway.ts'
import type { Limit } from './limit.ts'

type Engine = 'envoy' | 'nginx'

const engineCodes: Readonly<Record<Engine, Readonly<Record<Limit['kind'], string>>>> = {
  envoy: { refused: 'envoy/unsupported', note: 'envoy/differs' },
  nginx: { refused: 'nginx/unsupported', note: 'nginx/differs' },
}

/** What of a node one engine cannot do (errors), or does differently (notes). An error means: do not compile for that engine. */
export function* checkSupport(engine: Engine, features: readonly Feature[], node: Node, cx: Cx): Iterable<Diagnostic> {
  for (const feature of features) {
    const value = node.policies[feature.name]
    if (value === undefined) continue
    const parts = feature[engine]
    if (!parts) yield missing(engine, feature, node, cx)
    for (const { kind, message, path, side, help, code } of parts?.support?.(value, node, cx) ?? []) {
      yield {
        code: code ?? engineCodes[engine][kind],
        severity: kind === 'refused' ? 'error' : 'info',
        message,
        at: cx.at(node, path, side),
        ...(help === undefined ? {} : { help }),
      }
    }
  }
}

/** Features that have anything to say about support. */
export function limited(engine: Engine, features: readonly Feature[]): readonly Feature[] {
  return features.filter((feature) => !feature[engine] || feature[engine].support !== undefined)
}

function missing(engine: Engine, feature: Feature, node: Node, cx: Cx): Diagnostic {
  const key = feature.points.find((point) => point.at === node.kind || (point.at === 'action' && node.kind === 'route'))?.key ?? feature.name
  return {
    code: engineCodes[engine].refused,
    severity: 'error',
    message: `the ${engine === 'envoy' ? 'Envoy' : engine} engine has no ${feature.name}, which ${node.kind} ${node.name} uses`,
    at: cx.at(node, [key], 'key'),
  }
}
