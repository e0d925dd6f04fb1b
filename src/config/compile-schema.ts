import { Ajv } from 'ajv'
import type { ErrorObject, ValidateFunction } from 'ajv'
import type { Path } from '../diagnostics/diagnostic.ts'
import { explainValue } from './explain-value.ts'
import { isFields } from './is-fields.ts'
import type { Problem } from './problem.ts'
import type { Env } from './resolve-variables.ts'
import { mayHoldVariables, pathKey, resolveVariables } from './resolve-variables.ts'
import type { JsonSchema } from './schema/json-schema.ts'

/** What checking one value gave: the value with its variables filled in, and what is wrong with it. */
export interface Checked {
  readonly value: unknown
  readonly problems: readonly Problem[]
  /** Variables that were asked for, with what they were. */
  readonly used: ReadonlyMap<string, string | undefined>
}

const nothing: ReadonlyMap<string, never> = new Map<string, never>()

/** A schema made ready: validators are compiled when first used, results are kept for as long as the value lives. */
export class CompiledSchema {
  readonly json: JsonSchema
  readonly #ajv = new Ajv({
    allErrors: false,
    strict: true,
    strictTypes: false,
    strictRequired: false,
    allowUnionTypes: true,
    validateFormats: false,
    logger: false,
    // Optimizing the generated code takes as long as compiling it, and V8 optimizes it again.
    code: { optimize: false },
  })
  readonly #validators = new Map<string, ValidateFunction>()
  readonly #frames = new Map<string, ValidateFunction | false>()
  readonly #memos = new Map<string, WeakMap<object, Checked>>()
  /** Values that were looked at since the schema was made; remembered ones do not count. */
  checked = 0

  constructor(json: JsonSchema) {
    this.json = json
    this.#ajv.addSchema(json, 'gateway')
  }

  /** Checks a value against a part of the schema, such as `#/$defs/route`. */
  check(pointer: string, schema: JsonSchema, value: unknown, env: Env, name: string): Checked {
    if (typeof value !== 'object' || value === null) return this.#check(pointer, schema, value, env, name)
    const memos = this.#memos.get(pointer) ?? new WeakMap<object, Checked>()
    this.#memos.set(pointer, memos)
    const known = memos.get(value)
    if (known && [...known.used].every(([name, before]) => (Object.hasOwn(env, name) ? env[name] : undefined) === before)) return known
    const memo = this.#check(pointer, schema, value, env, name)
    memos.set(value, memo)
    return memo
  }

  #check(pointer: string, schema: JsonSchema, raw: unknown, env: Env, name: string): Checked {
    this.checked++
    const resolved = mayHoldVariables(raw)
      ? resolveVariables(this.json, schema, raw, env)
      : { value: raw, used: nothing, written: nothing, problems: [] }
    if (this.#fits(pointer, schema, resolved.value)) return resolved
    const written = (path: Path): string | undefined => resolved.written.get(pathKey(path))
    const unresolved = new Set(resolved.problems.map(({ path }) => pathKey(path)))
    const problems = explainValue(this.json, schema, resolved.value, written, name)
    const explained = problems.length > 0 ? problems : [this.#unexplained(pointer, resolved.value)]
    return {
      value: resolved.value,
      used: resolved.used,
      problems: [...resolved.problems, ...explained.filter(({ path }) => !unresolved.has(pathKey(path)))],
    }
  }

  /** A map is checked key by key, because most gateways use few of the keys, and compiling the schemas of all takes longer than checking a thousand routes. */
  #fits(pointer: string, schema: JsonSchema, value: unknown): boolean {
    const frame = this.#frame(pointer, schema)
    if (!frame || !isFields(value)) return this.#validator(pointer)(value)
    const known = schema.properties ?? {}
    return frame(value) && Object.keys(value).every((key) => !Object.hasOwn(known, key) || this.#validator(propertyOf(pointer, key))(value[key]))
  }

  /** The schema of a map without those of its values; undefined when it is no such schema, or refers to others. */
  #frame(pointer: string, schema: JsonSchema): ValidateFunction | undefined {
    const known = this.#frames.get(pointer)
    if (known !== undefined) return known || undefined
    const { properties, ...rest } = schema
    const open = properties && Object.fromEntries(Object.keys(properties).map((key) => [key, true]))
    const frame = open && !JSON.stringify(rest).includes('"$ref"') ? this.#ajv.compile({ ...rest, properties: open }) : false
    this.#frames.set(pointer, frame)
    return frame || undefined
  }

  /** A keyword that explainValue does not know was violated: its finding is what Ajv says. */
  #unexplained(pointer: string, value: unknown): Problem {
    const validate = this.#validator(pointer)
    validate(value)
    return unexplained(validate.errors?.[0])
  }

  #validator(pointer: string): ValidateFunction {
    const known = this.#validators.get(pointer) ?? this.#compile(pointer)
    this.#validators.set(pointer, known)
    return known
  }

  /** Ajv compiles the whole schema before it looks up a part of it, so a part that refers to no other is taken out by hand. */
  #compile(pointer: string): ValidateFunction {
    const part = pointer
      .split('/')
      .slice(1)
      .reduce<unknown>((inner, key) => (isFields(inner) ? inner[String(unescapePointer(key))] : undefined), this.json)
    if (!isFields(part)) throw new Error(`the schema has no ${pointer}`)
    const compiled = JSON.stringify(part).includes('"$ref"') ? this.#ajv.getSchema(`gateway${pointer}`) : this.#ajv.compile(part)
    if (!compiled) throw new Error(`the schema has no ${pointer}`)
    return compiled
  }
}

function propertyOf(pointer: string, key: string): string {
  return `${pointer}/properties/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`
}

function unexplained(error: ErrorObject | undefined): Problem {
  const path = (error?.instancePath ?? '').split('/').slice(1).map(unescapePointer)
  return { code: 'config/bad-value', message: `this ${error?.message ?? 'does not fit the schema'}`, path, side: 'value' }
}

function unescapePointer(part: string): string | number {
  return /^(0|[1-9][0-9]*)$/.test(part) ? Number(part) : part.replaceAll('~1', '/').replaceAll('~0', '~')
}

const compiled = new WeakMap<JsonSchema, CompiledSchema>()

/** The compiled form of a schema, made once per schema object. */
export function compileSchema(json: JsonSchema): CompiledSchema {
  const known = compiled.get(json) ?? new CompiledSchema(json)
  compiled.set(json, known)
  return known
}
