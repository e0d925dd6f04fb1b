import type { Path } from '../diagnostics/diagnostic.ts'
import type { Point } from '../feature.ts'
import { mergePolicies } from '../model/merge.ts'
import type { Entry, Source } from './config.ts'
import { fillDefaults } from './fill-defaults.ts'
import { isFields } from './is-fields.ts'
import type { JsonSchema } from './schema/json-schema.ts'
import { sectionEntry } from './section-entry.ts'

type Fields = Record<string, unknown>

/** One value as it holds in the end. Variables and secret references are as they were written. */
export interface Effective {
  /** From the root of the merged file. */
  readonly path: Path
  readonly value: unknown
  /** Where it was written itself; undefined for what only the schema says. */
  readonly entry: Entry | undefined
  /** Which layers below it wrote a key of it, such as `retry` → `defaults.route`. */
  readonly inherited: ReadonlyMap<string, string>
  /** Inside the value: what the schema's defaults added. */
  readonly added: readonly Path[]
}

/**
 * Every part of the gateway with includes, overlay, defaults and group policies laid together. `defaults` and the policies of groups are gone
 * from the result, since everything that they say stands where it holds.
 */
export function effective(source: Source, schema: JsonSchema, points: readonly Point[]): readonly Effective[] {
  const result: Effective[] = []
  const entriesOf = (section: string): Entry[] => [...(source.sections.get(section)?.values() ?? [])]
  const add = (section: string, entry: Entry, value: unknown, inherited: ReadonlyMap<string, string> = new Map()): void => {
    const filled = fillDefaults(schema, { $ref: `#/$defs/${section.slice(0, -1)}` }, value)
    result.push({ path: [section, entry.name], value: filled.value, entry, inherited, added: filled.added })
  }
  const done = new Set(['include', 'defaults', 'listeners', 'services', 'groups', 'routes', 'tests'])
  for (const [key, property] of Object.entries(schema.properties ?? {})) {
    const entry = done.has(key) ? undefined : (source.values.get(key) ?? sectionEntry(source, key))
    if (entry) result.push({ path: [key], ...fillDefaults(schema, property, entry.value), entry, inherited: new Map() })
    else if (!done.has(key) && property.default !== undefined)
      result.push({ path: [key], value: property.default, entry, inherited: new Map(), added: [[]] })
  }
  const defaults = source.sections.get('defaults')
  const groups = source.sections.get('groups')
  for (const entry of entriesOf('listeners')) add('listeners', entry, entry.value)
  for (const entry of entriesOf('services')) {
    const { value, inherited } = lay(points, 'service', [['defaults.service', defaults?.get('service')?.value]], entry.value)
    add('services', entry, value, inherited)
  }
  for (const entry of entriesOf('groups')) add('groups', entry, without(entry.value, 'policy'))
  for (const entry of entriesOf('routes')) {
    const named = fields(entry.value)['group']
    const group = typeof named === 'string' ? named : ''
    const policy = groups?.get(group)?.value
    const layers = [
      ['defaults.route', defaults?.get('route')?.value],
      [`groups.${group}`, isFields(policy) ? policy['policy'] : undefined],
    ] as const
    const { value, inherited } = lay(points, 'route', layers, entry.value)
    add('routes', entry, value, inherited)
  }
  for (const [index, entry] of source.tests.entries())
    result.push({ path: ['tests', index], ...fillDefaults(schema, { $ref: '#/$defs/test' }, entry.value), entry, inherited: new Map() })
  return result
}

type Layers = readonly (readonly [name: string, value: unknown])[]

function lay(points: readonly Point[], at: 'route' | 'service', layers: Layers, own: unknown): { value: Fields; inherited: Map<string, string> } {
  const written = fields(own)
  const scoped = points.filter((point) => point.at === at)
  const keys = new Set(scoped.map(({ key }) => key))
  const policies = mergePolicies(scoped, [...layers.map(([, value]) => fields(value)), written])
  const spine = Object.entries(written).filter(([key]) => !keys.has(key))
  const inherited = new Map<string, string>()
  for (const key of policies.keys()) {
    const from = layers.filter(([, value]) => fields(value)[key] !== undefined).map(([name]) => name)
    if (from.length > 0) inherited.set(key, from.join(', '))
  }
  return { value: { ...Object.fromEntries(spine), ...Object.fromEntries(policies) }, inherited }
}

function fields(value: unknown): Fields {
  return isFields(value) ? value : {}
}

function without(value: unknown, key: string): unknown {
  return Object.fromEntries(Object.entries(fields(value)).filter(([name]) => name !== key))
}
