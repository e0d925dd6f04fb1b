import type { JsonSchema } from '../src/config/schema/json-schema.ts'
import { cell, rowsOf } from './reference-rows.ts'

const sections = [
  ['listener', 'listeners.NAME'],
  ['service', 'services.NAME'],
  ['route', 'routes.NAME'],
  ['group', 'groups.NAME'],
  ['test', 'tests[]'],
] as const

/** The page with every key of gateway.yaml. */
export function configurationPage(schema: JsonSchema): string {
  const lines = [
    '# gateway.yaml: every key',
    '',
    'The same facts stand in `schema/gateway.schema.json`, which editors use for completion. [The guide](../guide/language.md) explains how the parts work together.',
    '',
    'Durations are written `250ms`, `10s`, `5m` or `1h`, percentages `50%`. Keys with `NAME` in them are names that you choose.',
    'Keys of a route that `defaults.route` and `groups.NAME.policy` can hold, and keys of a service that `defaults.service` can hold, also take the word `none`: it clears what the layers below say.',
    '',
    '## The file',
    '',
    ...table(topLevel(schema)),
  ]
  for (const [def, title] of sections) {
    const part = schema.$defs?.[def]
    if (!part) throw new Error(`the schema has no ${def}`)
    lines.push('', `## ${title}`, '', part.description ?? '', '')
    if (part.oneOf) lines.push(`Exactly one of ${part.oneOf.map((one) => `\`${one.required?.[0] ?? ''}\``).join(', ')}.`, '')
    // What a group or the defaults hold stands at the route or service already.
    lines.push(...table(rowsOf(schema, def === 'group' ? withoutPolicy(part) : part)))
    if (def === 'group') lines.push('', `\`policy\` takes ${keysOf(schema, 'defaults.route')}, as a route does.`)
  }
  lines.push(
    '',
    '## defaults',
    '',
    `\`defaults.route\` takes ${keysOf(schema, 'defaults.route')}.`,
    `\`defaults.service\` takes ${keysOf(schema, 'defaults.service')}.`,
    '',
  )
  return lines.join('\n')
}

function table(rows: readonly { key: string; type: string; default: string; description: string }[]): string[] {
  return [
    '| key | type | default | meaning |',
    '|---|---|---|---|',
    ...rows.map((row) => `| \`${row.key}\` | ${row.type} | ${row.default} | ${row.description} |`),
  ]
}

function topLevel(schema: JsonSchema) {
  return Object.entries(schema.properties ?? {}).map(([key, inner]) => ({
    key,
    type: inner.title ?? (inner.type === 'object' ? 'map' : inner.type === 'array' ? 'list' : `\`${JSON.stringify(inner.const)}\``),
    default: schema.required?.includes(key) ? 'required' : inner.default === undefined ? '' : `\`${JSON.stringify(inner.default)}\``,
    description: cell(inner.description ?? ''),
  }))
}

function withoutPolicy(group: JsonSchema): JsonSchema {
  const properties = Object.fromEntries(Object.entries(group.properties ?? {}).filter(([key]) => key !== 'policy'))
  return { ...group, properties }
}

function keysOf(schema: JsonSchema, def: string): string {
  return Object.keys(schema.$defs?.[def]?.properties ?? {})
    .map((key) => `\`${key}\``)
    .join(', ')
}
