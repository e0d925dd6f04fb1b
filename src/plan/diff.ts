import { compare } from '../lib/compare.ts'
import type { Node } from '../model/gateway.ts'
import { canonical } from '../model/canonical.ts'
import type { EnvoyState, Side, State } from './state.ts'
import { type ViewCx, viewOf } from './view.ts'
import type { WordMap, Words } from './words.ts'

export type Action = 'add' | 'change' | 'remove'

/** One thing of gateway.yaml that is different. */
export interface PlannedChange {
  readonly action: Action
  readonly kind: Node['kind'] | 'gateway'
  readonly name: string
  /** What is different inside; for something added or removed, everything that it has. Sorted as the user writes keys. */
  readonly fields: readonly FieldChange[]
}

/** `old` is absent for what is new, `new` for what is gone, both when only the content of a file changed. */
export interface FieldChange {
  /** `timeouts.request`, `endpoints["10.0.0.1:9000"].weight`. */
  readonly path: string
  readonly old?: Words
  readonly new?: Words
}

/** What users see change from one gateway to another: nothing for a file that was only written differently. */
export function diff(before: Side, after: Side, features: ViewCx['features']): readonly PlannedChange[] {
  const views = { before: { features, base: before.base }, after: { features, base: after.base } }
  const content = contentChanged(before.state, after.state, features)
  return [
    ...gatewayChange(before.state, after.state),
    ...(['listeners', 'services', 'routes'] as const).flatMap((collection) => {
      const old: ReadonlyMap<string, Node> = before.state?.[collection] ?? new Map<string, Node>()
      const next: ReadonlyMap<string, Node> = after.state?.[collection] ?? new Map<string, Node>()
      const names = [...new Set([...old.keys(), ...next.keys()])].sort(compare)
      return names.flatMap((name) => nodeChange(old.get(name), next.get(name), views, content))
    }),
  ]
}

function gatewayChange(before: State | undefined, after: State | undefined): PlannedChange[] {
  if (!before || !after || before.name === after.name) return []
  return [{ action: 'change', kind: 'gateway', name: after.name, fields: [{ path: 'name', old: before.name, new: after.name }] }]
}

interface Views {
  readonly before: ViewCx
  readonly after: ViewCx
}

function nodeChange(old: Node | undefined, next: Node | undefined, views: Views, content: ContentChanged): PlannedChange[] {
  const node = next ?? old
  if (!node) return []
  const { kind, name } = node
  if (old && next) {
    const fields = fieldChanges(viewOf(old, views.before), viewOf(next, views.after))
    if (content(next, fields.length > 0)) fields.push({ path: 'content of its files' })
    return fields.length > 0 ? [{ action: 'change', kind, name, fields }] : []
  }
  const fields = fieldChanges(old ? viewOf(old, views.before) : {}, next ? viewOf(next, views.after) : {})
  return [{ action: next ? 'add' : 'remove', kind, name, fields }]
}

/** Whether files of a node (certificates, keys) have the same names and other bytes. `otherwise`: the node is different anyway. */
type ContentChanged = (node: Node, otherwise: boolean) => boolean

function contentChanged(before: State | undefined, after: State | undefined, features: ViewCx['features']): ContentChanged {
  if (before?.target === 'envoy' && after?.target === 'envoy') {
    const owners = changedSecrets(before, after)
    return ({ kind, name }) => owners.has(`${kind}/${name}`)
  }
  if (before?.target !== 'nginx' || after?.target !== 'nginx') return () => false
  // The bytes are part of the node's line, with everything else of it.
  const withFiles = features.filter((feature) => feature.material !== undefined)
  return (node, otherwise) => {
    const key = `${node.kind}/${node.name}`
    const uses = withFiles.some(
      (feature) => (node.policies[feature.name] === undefined ? [] : feature.material?.(node.policies[feature.name], node))?.length,
    )
    return !otherwise && uses && before.lines.get(key)?.version !== after.lines.get(key)?.version
  }
}

function changedSecrets(before: EnvoyState, after: EnvoyState): ReadonlySet<string> {
  const owners = new Set<string>()
  for (const [key, resource] of after.resources) {
    const old = before.resources.get(key)
    const owner = 'owner' in resource ? resource.owner : undefined
    if (resource.type === 'secret' && typeof owner === 'string' && old && old.version !== resource.version) owners.add(owner)
  }
  return owners
}

/** Differences of two maps: inside maps that both have, and as a whole where one side has nothing or another kind of value. */
function fieldChanges(before: WordMap, after: WordMap, prefix = ''): FieldChange[] {
  return [...new Set([...Object.keys(before), ...Object.keys(after)])].flatMap((key) => {
    const path = extend(prefix, key)
    const [old, next] = [before[key], after[key]]
    if (isWordMap(old) && isWordMap(next)) return fieldChanges(old, next, path)
    if (canonical(old) === canonical(next)) return []
    return [{ path, ...(old !== undefined && { old }), ...(next !== undefined && { new: next }) }]
  })
}

function extend(prefix: string, key: string): string {
  if (!/^[A-Za-z][\w-]*$/.test(key)) return `${prefix}[${JSON.stringify(key)}]`
  return prefix === '' ? key : `${prefix}.${key}`
}

export function isWordMap(value: Words | undefined): value is WordMap {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
