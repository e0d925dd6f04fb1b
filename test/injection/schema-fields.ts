import { alternatives, hasType, type JsonSchema, propertySchemas, typesOf } from '../../src/config/schema/json-schema.ts'

/** One place of the language that takes free text: a value, or the key of a map. The id is its path in the schema, each definition counted once. */
export type FieldId = string

/** A field where a file writes it: the path in the file; for a key that of the entry. */
export interface Use {
  readonly id: FieldId
  readonly path: readonly (string | number)[]
  readonly kind: 'value' | 'key'
  readonly text: string
}

/** Free text: neither one of a list of words nor a fixed one. */
const isFreeText = (schema: JsonSchema): boolean =>
  schema.const === undefined && schema.enum === undefined && (typesOf(schema)?.includes('string') ?? false)

/** The children of a schema without union: the step in the id, and what it takes. */
function children(schema: JsonSchema): readonly (readonly [string, JsonSchema])[] {
  const named = Object.entries(schema.properties ?? {}).map(([key, inner]) => [`.${key}`, inner] as const)
  const patterns = Object.entries(schema.patternProperties ?? {})
    .filter(([pattern]) => pattern !== '^x-')
    .map(([, inner]) => ['.*', inner] as const)
  const rest = typeof schema.additionalProperties === 'object' ? [['.*', schema.additionalProperties] as const] : []
  return [...named, ...patterns, ...rest, ...(schema.items ? [['[]', schema.items] as const] : [])]
}

/** Where the id of a schema begins: at its definition, if it is one. */
const idOf = (schema: JsonSchema, id: string): string => (schema.$ref === undefined ? id : schema.$ref.replace('#/$defs/', ''))

/** Every field of the language. */
export function fieldsOf(root: JsonSchema): ReadonlySet<FieldId> {
  const found = new Set<FieldId>()
  const seen = new Set<string>()
  const visit = (schema: JsonSchema, at: string): void => {
    const id = idOf(schema, at)
    if (schema.$ref !== undefined && seen.has(id)) return
    seen.add(id)
    for (const one of branches(root, schema)) {
      if (isFreeText(one)) found.add(id)
      if (children(one).some(([step]) => step === '.*')) found.add(`${id}.*=`)
      for (const [step, inner] of children(one)) visit(inner, id + step)
    }
  }
  visit(root, '')
  return found
}

/** Branches of a union; those that are references keep their own ids only when there is one of them, which is how the language writes them. */
const branches = (root: JsonSchema, schema: JsonSchema): readonly JsonSchema[] => alternatives(root, schema)

/** Every field that a file writes. */
export function usesOf(root: JsonSchema, file: unknown): readonly Use[] {
  const uses: Use[] = []
  const visit = (value: unknown, schema: JsonSchema, at: string, path: readonly (string | number)[]): void => {
    const id = idOf(schema, at)
    for (const one of branches(root, schema).filter((branch) => takes(branch, value))) {
      if (typeof value === 'string' && isFreeText(one)) uses.push({ id, path, kind: 'value', text: value })
      if (Array.isArray(value) && one.items) value.forEach((item, index) => visit(item, one.items ?? {}, `${id}[]`, [...path, index]))
      if (typeof value !== 'object' || value === null || Array.isArray(value)) continue
      for (const [key, inner] of Object.entries(value)) {
        const free = !Object.hasOwn(one.properties ?? {}, key)
        if (free && key.startsWith('x-') && one.patternProperties?.['^x-']) continue
        if (free) uses.push({ id: `${id}.*=`, path: [...path, key], kind: 'key', text: key })
        for (const below of propertySchemas(one, key)) visit(inner, below, `${id}.${free ? '*' : key}`, [...path, key])
      }
    }
  }
  visit(file, root, '', [])
  return uses
}

/** Whether a branch can be the one that a value is written in. */
function takes(branch: JsonSchema, value: unknown): boolean {
  if (!hasType(value, typesOf(branch))) return false
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return true
  if (branch.required?.some((key) => !Object.hasOwn(value, key))) return false
  return Object.keys(value).every((key) => propertySchemas(branch, key).length > 0)
}
