import type { Diagnostic, Result } from '../diagnostics/diagnostic.ts'
import { didYouMean } from '../diagnostics/suggest.ts'
import { MapMemo } from '../lib/map-memo.ts'
import type { Locate, Origin } from '../model/origin.ts'
import { compileSchema } from './compile-schema.ts'
import type { CompiledSchema } from './compile-schema.ts'
import { collections } from './config.ts'
import type { Collection, Config, Entry, Source } from './config.ts'
import { nameRule } from './explaining.ts'
import { createLocate } from './locate.ts'
import type { Problem } from './problem.ts'
import type { Env } from './resolve-variables.ts'
import type { JsonSchema } from './schema/json-schema.ts'
import { namePattern } from './schema/scalars.ts'
import { sectionEntry } from './section-entry.ts'

const validName = new RegExp(namePattern)
const none: ReadonlyMap<string, Entry> = new Map()

/** What was found sound. One memo belongs to one schema. */
export type CheckMemo = Readonly<Record<Collection, MapMemo<Entry, Entry>>>

export const createCheckMemo = (): CheckMemo => ({ listeners: new MapMemo(), services: new MapMemo(), groups: new MapMemo(), routes: new MapMemo() })

/**
 * Fills in variables and checks every value against the schema. All problems are found in one run, and an entity that did not change is not looked at again.
 * Undefined when nothing could be made of the root file; its findings came from `read`.
 */
export function check(source: Source, schema: JsonSchema, env: Env, memo: CheckMemo = createCheckMemo()): Result<Config | undefined> {
  if (!source.usable) return [undefined, []]
  const checker = new Checker(source, compileSchema(schema), env, memo)
  checker.topLevel()
  const found = collections.map((collection) => [collection, checker.collection(collection)] as const)
  const defaults = source.sections.get('defaults')
  const config: Config = {
    name: checker.gatewayName(),
    collections: Object.fromEntries(found) as Record<Collection, ReadonlyMap<string, Entry>>,
    defaults: { route: checker.defaults(defaults, 'route'), service: checker.defaults(defaults, 'service') },
    gateway: checker.gateway(),
    tests: source.tests.map((entry) => checker.entry('test', entry)).filter((entry) => entry !== undefined),
    invalid: checker.invalid,
    damaged: checker.damaged,
    files: source.files,
  }
  return [config, checker.diagnostics]
}

const spineKeys = new Set<string>([...collections, 'version', 'name', 'include', 'defaults', 'tests'])

class Checker {
  readonly diagnostics: Diagnostic[] = []
  readonly invalid = new Set<string>()
  readonly damaged = {
    listeners: new Map<string, Entry>(),
    services: new Map<string, Entry>(),
    groups: new Map<string, Entry>(),
    routes: new Map<string, Entry>(),
  }
  readonly #source: Source
  readonly #schema: CompiledSchema
  readonly #env: Env
  readonly #locate: Locate
  readonly #memo: CheckMemo

  constructor(source: Source, schema: CompiledSchema, env: Env, memo: CheckMemo) {
    this.#memo = memo
    this.#source = source
    this.#schema = schema
    this.#env = env
    this.#locate = createLocate(source.files)
  }

  /** Keys that nobody knows, and scalars and lists where a map must stand. */
  topLevel(): void {
    const { values, sections, tests, root } = this.#source
    const known = this.#schema.json.properties ?? {}
    for (const key of new Set([...values.keys(), ...sections.keys()])) {
      if (!Object.hasOwn(known, key)) this.#unknownTopLevel(key, Object.keys(known))
    }
    for (const key of [...collections, 'defaults', 'tests', 'version']) {
      const entry = values.get(key) ?? (key === 'version' || key === 'tests' ? this.#section(key) : undefined)
      if (entry) this.#value(`#/properties/${key}`, known[key] ?? {}, entry)
    }
    for (const [name, entry] of sections.get('defaults') ?? []) {
      if (name !== 'route' && name !== 'service') this.#report(entry.origin, { ...unknownKey(name, ['route', 'service']), path: [] })
    }
    const files = values.size + sections.size + tests.length
    if (!values.has('version') && !sections.has('version')) {
      const place = { file: root, path: [], side: 'value' as const }
      this.diagnostics.push({
        code: 'config/missing-key',
        severity: 'error',
        message: '"version" is missing',
        at: place,
        help: files > 0 ? 'add `version: 1`' : undefined,
      })
    }
  }

  gatewayName(): string {
    const entry = this.#source.values.get('name') ?? this.#section('name')
    const checked = entry && this.#value('#/properties/name', this.#schema.json.properties?.['name'] ?? {}, entry).entry
    return typeof checked?.value === 'string' ? checked.value : 'gateway'
  }

  gateway(): ReadonlyMap<string, Entry> {
    const entries = new Map<string, Entry>()
    for (const [key, schema] of Object.entries(this.#schema.json.properties ?? {})) {
      const entry = spineKeys.has(key) ? undefined : (this.#source.values.get(key) ?? this.#section(key))
      const checked = entry && this.#value(`#/properties/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`, schema, entry).entry
      if (checked) entries.set(key, checked)
      else if (entry) this.invalid.add(key)
    }
    return entries
  }

  collection(collection: Collection): ReadonlyMap<string, Entry> {
    const def = collection.slice(0, -1)
    return this.#memo[collection].run(this.#source.sections.get(collection) ?? none, (name, entry) => {
      const sound = validName.test(name)
      if (!sound) {
        this.#report(entry.origin, { code: 'config/bad-name', message: `"${name}" cannot be a name`, path: [], side: 'key', help: nameRule })
      }
      const { entry: checked, variables } = this.#value(`#/$defs/${def}`, this.#schema.json.$defs?.[def] ?? {}, entry)
      if (checked && sound) return { value: checked, again: variables }
      this.invalid.add(`${collection}/${name}`)
      const rest = this.#rest(def, entry)
      if (rest) this.damaged[collection].set(name, rest)
      return { value: undefined, again: true }
    })
  }

  defaults(section: ReadonlyMap<string, Entry> | undefined, scope: 'route' | 'service'): Entry | undefined {
    const entry = section?.get(scope)
    return entry && this.entry(`defaults.${scope}`, entry)
  }

  /** An entry against a definition of the schema; undefined when it has errors. */
  entry(def: string, entry: Entry): Entry | undefined {
    return this.#value(`#/$defs/${def}`, this.#schema.json.$defs?.[def] ?? {}, entry).entry
  }

  /** The entry without the keys that have errors; undefined when it cannot do without them. */
  #rest(def: string, entry: Entry): Entry | undefined {
    const ofSchema = [`#/$defs/${def}`, this.#schema.json.$defs?.[def] ?? {}] as const
    const bad = new Set(this.#schema.check(...ofSchema, entry.value, this.#env, entry.name).problems.map(({ path }) => path[0]))
    if (typeof entry.value !== 'object' || entry.value === null || bad.has(undefined)) return undefined
    const kept = Object.fromEntries(Object.entries(entry.value).filter(([key]) => !bad.has(key)))
    const { value, problems } = this.#schema.check(...ofSchema, kept, this.#env, entry.name)
    return problems.length === 0 ? { ...entry, value } : undefined
  }

  #value(pointer: string, schema: JsonSchema, entry: Entry): { readonly entry: Entry | undefined; readonly variables: boolean } {
    const { value, problems, used } = this.#schema.check(pointer, schema, entry.value, this.#env, entry.name)
    for (const problem of problems) this.#report(entry.origin, problem)
    const variables = used.size > 0
    if (problems.length > 0) return { entry: undefined, variables }
    return { entry: value === entry.value ? entry : { ...entry, value }, variables }
  }

  #section(key: string): Entry | undefined {
    return sectionEntry(this.#source, key)
  }

  #unknownTopLevel(key: string, known: readonly string[]): void {
    const origin = this.#source.values.get(key)?.origin ?? this.#section(key)?.origin ?? []
    this.#report(origin, { ...unknownKey(key, known), path: [] })
  }

  #report(origin: Origin, { code, message, path, side, help, sensitive }: Problem): void {
    this.diagnostics.push({ code, severity: 'error', message, at: this.#locate(origin, path, side), help, ...(sensitive && { sensitive }) })
  }
}

function unknownKey(key: string, known: readonly string[]): Problem {
  const help = didYouMean(key, known) ?? `known keys: ${known.join(', ')}; keys that begin with "x-" are free`
  return { code: 'config/unknown-key', message: `unknown key "${key}"`, path: [key], side: 'key', help }
}
