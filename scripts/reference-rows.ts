import { alternatives, type JsonSchema } from '../src/config/schema/json-schema.ts'

/** One key of the language, as a row of a table. */
export interface Row {
  /** Dotted path; `[]` is an item of a list, `NAME` a key that the user chooses. */
  readonly key: string
  readonly type: string
  readonly default: string
  readonly description: string
}

/** The keys inside a schema, with those of nested objects after their parents. Each key appears once. */
export function rowsOf(root: JsonSchema, schema: JsonSchema, prefix = ''): Row[] {
  const rows = new Map<string, Row>()
  for (const [key, inner, required] of childrenOf(root, schema)) {
    const path = prefix === '' || key === '[]' ? `${prefix}${key}` : `${prefix}.${key}`
    if (key !== '[]' && !rows.has(path)) rows.set(path, rowOf(root, path, inner, required))
    for (const row of rowsOf(root, inner, path)) if (!rows.has(row.key)) rows.set(row.key, row)
  }
  return [...rows.values()]
}

/** Text that fits into a cell of a Markdown table. */
export function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ')
}

function rowOf(root: JsonSchema, key: string, schema: JsonSchema, required: boolean): Row {
  const branches = branchesOf(root, schema)
  const description = schema.description ?? branches.find((branch) => branch.description !== undefined)?.description ?? ''
  const fallback = schema.default ?? branches.find((branch) => branch.default !== undefined)?.default
  return {
    key,
    type: cell([...new Set(branches.map((branch) => typeOf(root, branch)))].join(' or ')),
    default:
      fallback === undefined ? (required ? 'required' : '') : cell(`\`${typeof fallback === 'string' ? fallback : JSON.stringify(fallback)}\``),
    description: cell(description),
  }
}

function* childrenOf(root: JsonSchema, schema: JsonSchema): Generator<[key: string, schema: JsonSchema, required: boolean]> {
  const branches = branchesOf(root, schema)
  for (const branch of branches) {
    for (const [key, inner] of Object.entries(branch.properties ?? {})) yield [key, inner, branch.required?.includes(key) ?? false]
    for (const inner of Object.values(branch.patternProperties ?? {})) yield ['NAME', inner, false]
    // A list of what may also stand alone has the same keys.
    const items = branch.items
    if (items && !branches.some((other) => JSON.stringify(other) === JSON.stringify(items))) yield ['[]', items, false]
  }
}

/** The alternatives of a schema without the word `none`, which the page explains once. */
function branchesOf(root: JsonSchema, schema: JsonSchema): readonly JsonSchema[] {
  return alternatives(root, schema).filter((branch) => branch.const !== 'none')
}

function typeOf(root: JsonSchema, schema: JsonSchema): string {
  if (schema.const !== undefined) return `\`${JSON.stringify(schema.const)}\``
  if (schema.enum) return schema.enum.map((value) => `\`${String(value)}\``).join(', ')
  if (schema.title !== undefined) return schema.title
  if (schema.type === 'array') return schema.items ? `list of ${many(root, schema.items)}` : 'list'
  if (schema.patternProperties) return 'map'
  if (schema.type === 'string') return 'text'
  if (schema.type === 'integer' || schema.type === 'number') return `${schema.type}${rangeOf(schema)}`
  return typeof schema.type === 'string' ? schema.type : 'any'
}

function many(root: JsonSchema, items: JsonSchema): string {
  return [...new Set(branchesOf(root, items).map((branch) => typeOf(root, branch)))].join(' or ')
}

function rangeOf({ minimum, maximum }: JsonSchema): string {
  if (minimum === undefined && maximum === undefined) return ''
  return maximum === undefined ? ` from ${minimum ?? ''}` : ` ${minimum ?? ''} to ${maximum}`
}
