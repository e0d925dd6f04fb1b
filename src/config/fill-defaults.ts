import type { Path } from '../diagnostics/diagnostic.ts'
import { isFields } from './is-fields.ts'
import { alternatives, type JsonSchema, propertySchemas } from './schema/json-schema.ts'

/** A value with the defaults of the schema written out, and the paths of what was added. */
export interface Filled {
  readonly value: unknown
  readonly added: readonly Path[]
}

/**
 * Writes out the defaults of keys that are not there, inside every map that is. A map that is absent stays absent: a policy that nobody wrote
 * has no defaults. Where alternatives do not tell which one a map is, nothing is added.
 */
export function fillDefaults(root: JsonSchema, schema: JsonSchema, value: unknown): Filled {
  const added: Path[] = []
  return { value: fill(root, [schema], value, [], added), added }
}

function fill(root: JsonSchema, schemas: readonly JsonSchema[], value: unknown, path: Path, added: Path[]): unknown {
  const open = schemas.flatMap((schema) => alternatives(root, schema))
  if (Array.isArray(value)) {
    const items = open.flatMap(({ items }) => items ?? [])
    return value.map((item: unknown, index) => fill(root, items, item, [...path, index], added))
  }
  if (!isFields(value)) return value
  const shape = shapeOf(open, Object.keys(value))
  const result: Record<string, unknown> = {}
  for (const [key, inner] of Object.entries(value)) {
    const known = shape ? propertySchemas(shape, key) : []
    result[key] = fill(root, known, inner, [...path, key], added)
  }
  for (const [key, property] of Object.entries(shape?.properties ?? {})) {
    const fallback = defaultOf(root, property)
    if (Object.hasOwn(value, key) || fallback === undefined) continue
    result[key] = fallback
    added.push([...path, key])
  }
  return result
}

/** The one alternative that a map with these keys can be. */
function shapeOf(open: readonly JsonSchema[], keys: readonly string[]): JsonSchema | undefined {
  const fitting = open.filter(
    (schema) =>
      (schema.properties || typeof schema.additionalProperties === 'object') && keys.every((key) => propertySchemas(schema, key).length > 0),
  )
  return fitting.length === 1 ? fitting[0] : undefined
}

function defaultOf(root: JsonSchema, schema: JsonSchema): unknown {
  if (schema.default !== undefined) return schema.default
  if (schema.$ref === undefined) return undefined
  const name = schema.$ref.replace('#/$defs/', '')
  return root.$defs?.[name]?.default
}
