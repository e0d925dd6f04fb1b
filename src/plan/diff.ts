import type { Good } from '../compile.ts'
import { compare } from '../lib/compare.ts'
import type { Node } from '../model/gateway.ts'
import { canonical } from '../model/canonical.ts'
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

/** A compiled gateway, or nothing, and the directory of its root file (absolute). */
export interface Side {
  readonly good: Good | undefined
  readonly base: string
}

/** What users see change from one gateway to another: nothing for a file that was only written differently. */
export function diff(before: Side, after: Side, features: ViewCx['features']): readonly PlannedChange[] {
  const views = { before: { features, base: before.base }, after: { features, base: after.base } }
  return [
    ...gatewayChange(before.good, after.good),
    ...(['listeners', 'services', 'routes'] as const).flatMap((collection) => {
      const old = before.good?.gateway[collection] ?? new Map<string, Node>()
      const next = after.good?.gateway[collection] ?? new Map<string, Node>()
      const names = [...new Set([...old.keys(), ...next.keys()])].sort(compare)
      return names.flatMap((name) => nodeChange(old.get(name), next.get(name), views, contentChanged(before.good, after.good)))
    }),
  ]
}

function gatewayChange(before: Good | undefined, after: Good | undefined): PlannedChange[] {
  const [old, name] = [before?.gateway.name, after?.gateway.name]
  if (old === undefined || name === undefined || old === name) return []
  return [{ action: 'change', kind: 'gateway', name, fields: [{ path: 'name', old, new: name }] }]
}

interface Views {
  readonly before: ViewCx
  readonly after: ViewCx
}

function nodeChange(old: Node | undefined, next: Node | undefined, views: Views, content: ReadonlySet<string>): PlannedChange[] {
  const node = next ?? old
  if (!node) return []
  const { kind, name } = node
  if (old && next) {
    const fields = fieldChanges(viewOf(old, views.before), viewOf(next, views.after))
    if (content.has(`${kind}/${name}`)) fields.push({ path: 'content of its files' })
    return fields.length > 0 ? [{ action: 'change', kind, name, fields }] : []
  }
  const fields = fieldChanges(old ? viewOf(old, views.before) : {}, next ? viewOf(next, views.after) : {})
  return [{ action: next ? 'add' : 'remove', kind, name, fields }]
}

/** Owners of secrets (certificates, keys) that have the same name and other bytes. */
function contentChanged(before: Good | undefined, after: Good | undefined): ReadonlySet<string> {
  const owners = new Set<string>()
  for (const [key, { type, version, owner }] of after?.resources ?? []) {
    const old = before?.resources.get(key)
    if (type === 'secret' && owner !== undefined && old && old.version !== version) owners.add(owner)
  }
  return owners
}

/** Differences of two maps: inside maps that both have, and as a whole where one side has nothing or another kind of value. */
export function fieldChanges(before: WordMap, after: WordMap, prefix = ''): FieldChange[] {
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
