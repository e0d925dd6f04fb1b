import type { Path } from '../diagnostics/diagnostic.ts'
import { didYouMean } from '../diagnostics/suggest.ts'
import { isFields } from './is-fields.ts'
import type { Problem } from './problem.ts'
import type { JsonSchema } from './schema/json-schema.ts'
import { alternatives, hasType, propertySchemas, typesOf } from './schema/json-schema.ts'

export type Env = Readonly<Record<string, string | undefined>>

export interface Resolved {
  /** The same object when there was nothing to fill in. */
  readonly value: unknown
  /** Variables that were asked for, with what they were. */
  readonly used: ReadonlyMap<string, string | undefined>
  /** What was written where a variable was filled in, by `pathKey`: findings quote this, not the environment. */
  readonly written: ReadonlyMap<string, string>
  readonly problems: readonly Problem[]
}

/** Text for a path, to look it up by. */
export const pathKey = (path: Path): string => path.map((part) => `/${part}`).join('')

/** Whether a value holds text that variables could be in; most values do not, and are left alone. */
export function mayHoldVariables(value: unknown): boolean {
  if (typeof value === 'string') return value.includes('$')
  if (typeof value !== 'object' || value === null) return false
  if (Array.isArray(value)) return value.some(mayHoldVariables)
  for (const key in value) if (mayHoldVariables((value as Record<string, unknown>)[key])) return true
  return false
}

/**
 * Fills in `${VAR}`, `${VAR:-default}` and `${VAR:?message}`; `$$` is a dollar sign. A text that is wholly one variable takes the type that the schema
 * asks for at its place, through unions. Defaults and messages also hold when the variable is empty. What is filled in is not looked at again.
 */
export function resolveVariables(root: JsonSchema, schema: JsonSchema, value: unknown, env: Env): Resolved {
  const resolver = new Resolver(root, env)
  return { value: resolver.walk(value, alternatives(root, schema), []), used: resolver.used, written: resolver.written, problems: resolver.problems }
}

class Resolver {
  readonly used = new Map<string, string | undefined>()
  readonly written = new Map<string, string>()
  readonly problems: Problem[] = []
  readonly #root: JsonSchema
  readonly #env: Env

  constructor(root: JsonSchema, env: Env) {
    this.#root = root
    this.#env = env
  }

  walk(value: unknown, schemas: readonly JsonSchema[], path: Path): unknown {
    if (typeof value === 'string') return value.includes('$') ? this.#text(value, schemas, path) : value
    if (!mayHoldVariables(value)) return value
    if (Array.isArray(value)) {
      const items = schemas.flatMap((schema) => (schema.items ? alternatives(this.#root, schema.items) : []))
      return value.map((item: unknown, index) => this.walk(item, items, [...path, index]))
    }
    if (!isFields(value)) return value
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, this.walk(inner, this.#property(schemas, key), [...path, key])]))
  }

  #property(schemas: readonly JsonSchema[], key: string): readonly JsonSchema[] {
    return schemas.flatMap((schema) => propertySchemas(schema, key).flatMap((inner) => alternatives(this.#root, inner)))
  }

  #text(text: string, schemas: readonly JsonSchema[], path: Path): unknown {
    const whole = /^\$\{[^{}]*\}$/.test(text)
    let failed = false
    const filled = text.replace(/\$(?:\$|\{([^}]*)\})/g, (token, body: string | undefined) => {
      if (body === undefined) return '$'
      const value = this.#variable(token, body, path)
      if (value === undefined) failed = true
      return value ?? token
    })
    if (filled !== text) this.written.set(pathKey(path), text)
    return whole && !failed ? coerce(filled, schemas) : filled
  }

  #variable(token: string, body: string, path: Path): string | undefined {
    const parts = /^([A-Za-z_][A-Za-z0-9_]*)(?::([-?])([^]*))?$/.exec(body)
    if (!parts || parts[3]?.includes('${')) {
      this.#problem(
        'config/bad-variable',
        `"${token}" is not a variable`,
        path,
        'write ${NAME}, ${NAME:-default} or ${NAME:?message}, not nested; a dollar sign is $$',
      )
      return undefined
    }
    const [, name = '', operator, rest = ''] = parts
    const value = Object.hasOwn(this.#env, name) ? this.#env[name] : undefined
    this.used.set(name, value)
    if (value !== undefined && (value !== '' || operator === undefined)) return value
    if (operator === '-') return rest
    const reason = operator === '?' && rest !== '' ? `: ${rest}` : ''
    const help = didYouMean(name, Object.keys(this.#env)) ?? `set it, or write \${${name}:-default}`
    this.#problem('config/undefined-variable', `variable ${name} is ${value === '' ? 'empty' : 'not set'}${reason}`, path, help)
    return undefined
  }

  #problem(code: string, message: string, path: Path, help: string): void {
    this.problems.push({ code, message, path, side: 'value', help })
  }
}

function coerce(text: string, schemas: readonly JsonSchema[]): unknown {
  const accepts = (value: unknown): boolean =>
    schemas.some(
      (schema) => hasType(value, typesOf(schema)) && (schema.enum?.includes(value) ?? true) && (schema.const === undefined || schema.const === value),
    )
  if (schemas.some((schema) => schema.const === text || schema.enum?.includes(text))) return text
  if (/^-?(0|[1-9][0-9]{0,14})(\.[0-9]{1,15})?([eE][+-]?[0-9]{1,2})?$/.test(text) && accepts(Number(text))) return Number(text)
  if ((text === 'true' || text === 'false') && accepts(text === 'true')) return text === 'true'
  return text
}
