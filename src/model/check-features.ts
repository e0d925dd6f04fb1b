import type { Diagnostic } from '../diagnostics/diagnostic.ts'
import type { Feature } from '../feature.ts'
import type { Moment } from './moment.ts'
import type { Cx } from './cx.ts'
import type { Node } from './gateway.ts'
import type { Material } from './material.ts'

interface Use extends Material {
  readonly node: Node
}

/** Files and secrets that nodes need, by key, with every place that names them. */
export function materialsOf(features: readonly Feature[], nodes: readonly Node[]): Map<string, Use[]> {
  const uses = new Map<string, Use[]>()
  for (const { node, value, feature } of withMaterial(features, nodes)) {
    for (const material of feature.material?.(value, node) ?? []) {
      const use = { ...material, node }
      const list = uses.get(material.key)
      if (list) list.push(use)
      else uses.set(material.key, [use])
    }
  }
  return uses
}

/** Materials that are missing, and what features say of the content of the others. */
export function* checkMaterials(
  features: readonly Feature[],
  nodes: readonly Node[],
  uses: ReadonlyMap<string, readonly Use[]>,
  content: ReadonlyMap<string, Uint8Array>,
  problems: readonly { readonly key: string; readonly problem: string }[],
  cx: Cx,
  moment: Moment,
): Iterable<Diagnostic> {
  for (const { key, problem } of problems) {
    for (const use of uses.get(key) ?? []) {
      yield { code: use.secret ? 'secret/unreadable' : 'file/unreadable', severity: 'error', message: problem, at: cx.at(use.node, use.path) }
    }
  }
  for (const { node, value, feature } of withMaterial(features, nodes)) {
    const complete = feature.material?.(value, node).every((material) => content.has(material.key))
    if (complete && feature.checkMaterial) yield* feature.checkMaterial(value, node, (key) => content.get(key) ?? new Uint8Array(), cx, moment)
  }
}

function* withMaterial(features: readonly Feature[], nodes: readonly Node[]): Iterable<{ node: Node; value: unknown; feature: Feature }> {
  for (const feature of features) {
    for (const node of feature.material ? nodes : []) {
      const value = node.policies[feature.name]
      if (value !== undefined) yield { node, value, feature }
    }
  }
}
