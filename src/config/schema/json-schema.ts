/** The part of JSON Schema that the language is written in. Another keyword still holds (Ajv checks it), but its finding is less exact. */
export interface JsonSchema {
  readonly $schema?: string
  readonly $id?: string
  readonly $ref?: string
  readonly $defs?: Readonly<Record<string, JsonSchema>>
  readonly title?: string
  readonly description?: string
  readonly default?: unknown
  readonly examples?: readonly unknown[]
  readonly type?: JsonType | readonly JsonType[]
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly anyOf?: readonly JsonSchema[]
  readonly oneOf?: readonly JsonSchema[]
  readonly allOf?: readonly JsonSchema[]
  readonly pattern?: string
  readonly minLength?: number
  readonly maxLength?: number
  readonly minimum?: number
  readonly maximum?: number
  readonly exclusiveMinimum?: number
  readonly exclusiveMaximum?: number
  readonly multipleOf?: number
  readonly items?: JsonSchema
  readonly minItems?: number
  readonly maxItems?: number
  readonly uniqueItems?: boolean
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly patternProperties?: Readonly<Record<string, JsonSchema>>
  readonly additionalProperties?: boolean | JsonSchema
  readonly propertyNames?: JsonSchema
  readonly required?: readonly string[]
  readonly minProperties?: number
  readonly maxProperties?: number
}

export type JsonType = 'string' | 'number' | 'integer' | 'boolean' | 'object' | 'array' | 'null'

/** Follows `$ref: '#/$defs/name'`. */
function deref(root: JsonSchema, schema: JsonSchema): JsonSchema {
  let current = schema
  for (let hops = 0; current.$ref !== undefined && hops < 32; hops++) {
    const name = current.$ref.replace(/^#\/\$defs\//, '')
    const target = root.$defs && Object.hasOwn(root.$defs, name) ? root.$defs[name] : undefined
    if (!target) throw new Error(`the schema refers to ${current.$ref}, which it does not define`)
    current = target
  }
  return current
}

/** The alternatives of a schema, with unions inside unions and references opened. */
export function alternatives(root: JsonSchema, schema: JsonSchema): readonly JsonSchema[] {
  const open = deref(root, schema)
  const union = open.anyOf ?? (open.type === undefined && open.properties === undefined ? open.oneOf : undefined)
  return union ? union.flatMap((branch) => alternatives(root, branch)) : [open]
}

/** The JSON types that a schema without union lets pass; undefined when any. */
export function typesOf(schema: JsonSchema): readonly JsonType[] | undefined {
  if (schema.type !== undefined) return typeof schema.type === 'string' ? [schema.type] : schema.type
  if (schema.const !== undefined) return [typeOf(schema.const)]
  if (schema.enum) return [...new Set(schema.enum.map(typeOf))]
  if (schema.properties) return ['object']
  return undefined
}

export function typeOf(value: unknown): JsonType {
  if (value === null || value === undefined) return 'null'
  if (Array.isArray(value)) return 'array'
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number'
  if (typeof value === 'boolean') return 'boolean'
  return typeof value === 'string' ? 'string' : 'object'
}

/** Whether a value has one of the types; integers are numbers. */
export function hasType(value: unknown, types: readonly JsonType[] | undefined): boolean {
  const type = typeOf(value)
  return types === undefined || types.includes(type) || (type === 'integer' && types.includes('number'))
}

/** Schemas of one property of an object. */
export function propertySchemas(schema: JsonSchema, key: string): readonly JsonSchema[] {
  if (schema.properties && Object.hasOwn(schema.properties, key)) return [schema.properties[key] ?? {}]
  const byPattern = Object.entries(schema.patternProperties ?? {}).filter(([pattern]) => new RegExp(pattern, 'u').test(key))
  if (byPattern.length > 0) return byPattern.map(([, inner]) => inner)
  return typeof schema.additionalProperties === 'object' ? [schema.additionalProperties] : []
}
