import type { Path } from '../diagnostics/diagnostic.ts'
import { didYouMean } from '../diagnostics/suggest.ts'
import { quote } from './describe-schema.ts'
import { nameRule } from './explaining.ts'
import type { Explaining } from './explaining.ts'
import type { Problem } from './problem.ts'
import { propertySchemas } from './schema/json-schema.ts'
import type { JsonSchema } from './schema/json-schema.ts'
import { namePattern } from './schema/scalars.ts'

type Fields = Readonly<Record<string, unknown>>

/** A token of RFC 9110, as the schemas of headers write it. */
const headerName = "^[A-Za-z0-9!#$%&'*+.^_`|~-]+$"

/** What is wrong with a map: its keys, how many there are, and what each holds. */
export function explainObject(cx: Explaining, schema: JsonSchema, value: Fields, path: Path): readonly Problem[] {
  const problems: Problem[] = []
  const keys = Object.keys(value)
  for (const key of keys) {
    if (schema.propertyNames) problems.push(...explainKey(schema.propertyNames, key, [...path, key]))
    const inner = propertySchemas(schema, key)
    if (inner.length === 0 && schema.additionalProperties === false) problems.push(unknownKey(cx, schema, key, keys, path))
    for (const one of inner) problems.push(...cx.inside(one, value[key], [...path, key]))
  }
  if (schema.minProperties !== undefined && keys.length < schema.minProperties)
    problems.push({ code: 'config/bad-value', message: 'the map must not be empty', path, side: 'value' })
  if (schema.maxProperties !== undefined && keys.length > schema.maxProperties) {
    problems.push({ code: 'config/bad-value', message: `the map must have at most ${schema.maxProperties} keys`, path, side: 'value' })
  }
  const absent = (schema.required ?? []).filter((key) => !Object.hasOwn(value, key) && !mistyped(problems, key))
  return [...absent.map((key) => missing(schema, key, path)), ...problems, ...explainOneOf(schema, value, path, problems)]
}

/** Whether an unknown key was found that is meant to be this one: then that is the one problem to report. */
function mistyped(problems: readonly Problem[], key: string): boolean {
  return problems.some(({ code, help }) => code === 'config/unknown-key' && help === `did you mean "${key}"?`)
}

function missing(schema: JsonSchema, key: string, path: Path): Problem {
  const described = schema.properties && Object.hasOwn(schema.properties, key) ? schema.properties[key]?.description : undefined
  return {
    code: 'config/missing-key',
    message: `"${key}" is missing`,
    path,
    side: 'key',
    help: described === undefined ? undefined : `${key}: ${described}`,
  }
}

function explainKey(names: JsonSchema, key: string, path: Path): readonly Problem[] {
  if (names.pattern === undefined || new RegExp(names.pattern, 'u').test(key)) return []
  const help = names.pattern === namePattern ? nameRule : undefined
  return [{ code: 'config/bad-name', message: `${quote(key)} cannot be a key here`, path, side: 'key', help }]
}

function unknownKey(cx: Explaining, schema: JsonSchema, key: string, written: readonly string[], path: Path): Problem {
  const allowed = Object.keys(schema.properties ?? {})
  const names = Object.keys(schema.patternProperties ?? {})
  if (allowed.length === 0 && names.length > 0)
    return {
      code: 'config/bad-name',
      message: `${quote(key)} cannot be a key here`,
      path: [...path, key],
      side: 'key',
      help: names.includes(headerName) ? 'names of headers have letters, digits and hyphens' : `keys must match ${names.join(' or ')}`,
    }
  const glued = gluedKey(key, allowed)
  if (glued !== undefined) return { code: 'config/unknown-key', message: `unknown key "${key}"`, path: [...path, key], side: 'key', help: glued }
  const free = allowed.filter((one) => !written.includes(one))
  const help = didYouMean(key, free) ?? elsewhere(cx.root, key) ?? (allowed.length > 0 ? `known keys: ${allowed.join(', ')}` : undefined)
  return { code: 'config/unknown-key', message: `unknown key "${key}"`, path: [...path, key], side: 'key', help }
}

const scopes: Readonly<Record<string, string>> = { listener: 'listeners', service: 'services', route: 'routes', group: 'groups' }

/** In `{path:/a}` YAML sees one key and no value. */
function gluedKey(key: string, allowed: readonly string[]): string | undefined {
  const [name = '', ...rest] = key.split(':')
  return rest.length > 0 && allowed.includes(name) ? `put a space after the colon: "${name}: ${rest.join(':')}"` : undefined
}

/** A key that is right, but in another place. */
function elsewhere(root: JsonSchema, key: string): string | undefined {
  const places = Object.entries(scopes).filter(([def]) => Object.hasOwn(root.$defs?.[def]?.properties ?? {}, key))
  if (places.length > 0) return `"${key}" is a key of ${places.map(([, place]) => place).join(' and ')}`
  return Object.hasOwn(root.properties ?? {}, key) ? `"${key}" is a key of the top level` : undefined
}

/** `oneOf` with nothing but `required` says that exactly one of some keys must be there. */
function explainOneOf({ oneOf }: JsonSchema, value: Fields, path: Path, found: readonly Problem[]): readonly Problem[] {
  const keys = oneOf?.map((branch) => branch.required?.[0]).filter((key) => key !== undefined) ?? []
  if (keys.length === 0) return []
  const present = keys.filter((key) => Object.hasOwn(value, key))
  const list = keys.length === 1 ? `"${keys[0]}"` : `exactly one of ${keys.join(', ')}`
  const [, second] = present
  if (second !== undefined) {
    return [
      {
        code: 'config/one-of',
        message: `${present.map((key) => `"${key}"`).join(' and ')} exclude each other`,
        path: [...path, second],
        side: 'key',
        help: `keep ${list}`,
      },
    ]
  }
  if (present.length === 1) return []
  if (keys.some((key) => mistyped(found, key))) return []
  return [{ code: 'config/one-of', message: `${list} must be written here`, path, side: 'key' }]
}
