import type { JsonSchema } from './schema/json-schema.ts'
import { typesOf } from './schema/json-schema.ts'

const typeWords: Readonly<Record<string, string>> = {
  string: 'text',
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  object: 'a map',
  array: 'a list',
  null: 'nothing',
}

/** What may stand there, in words: `"none", a duration such as 250ms, or a map`. */
export function describeAlternatives(schemas: readonly JsonSchema[]): string {
  const words = [...new Set(schemas.flatMap(describe))]
  if (words.length <= 1) return words[0] ?? 'something else'
  return `${words.slice(0, -1).join(', ')}${words.length > 2 ? ',' : ''} or ${words.at(-1)}`
}

function describe(schema: JsonSchema): readonly string[] {
  if (schema.const !== undefined) return [JSON.stringify(schema.const)]
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value))
  if (schema.title !== undefined) return [withExample(schema)]
  return (typesOf(schema) ?? []).map((type) => typeWords[type] ?? type)
}

/** `a duration such as 250ms` */
export function withExample({ title = 'text', examples }: JsonSchema): string {
  const article = /^[aeio]/.test(title) ? 'an' : 'a'
  const words = title === 'host:port' ? title : `${article} ${title}`
  return examples?.[0] === undefined ? words : `${words} such as ${typeof examples[0] === 'string' ? examples[0] : JSON.stringify(examples[0])}`
}

/** A value as findings quote it: short, in one line. */
export function quote(value: unknown): string {
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object' && value !== null) return 'a map'
  if (value === null || value === undefined) return 'nothing'
  const text = typeof value === 'number' ? String(value) : (JSON.stringify(value) ?? 'something else')
  return text.length > 80 ? `${text.slice(0, 77)}…` : text
}
