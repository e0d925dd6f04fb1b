import { globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { parse } from 'yaml'
import { type Compiled, Compiler, type Good } from '../../src/compile.ts'
import { type Files, nodeFiles } from '../../src/config/files.ts'
import type { JsonSchema } from '../../src/config/schema/json-schema.ts'
import type { Target } from '../../src/target.ts'
import { type FieldId, type Use, usesOf } from './schema-fields.ts'

const root = join(import.meta.dirname, '../..')
const patterns = [
  'gateway.yaml',
  'examples/*.yaml',
  'test/features/*/*/gateway.yaml',
  'test/conformance/cases/*/gateway.yaml',
  'test/injection/*/gateway.yaml',
]

/** A valid file and everything that compiles it with other content. */
export class Base {
  readonly file: string
  readonly value: unknown
  readonly uses: readonly Use[]
  #text: string
  readonly #compilers: { envoy?: Compiler; nginx?: Compiler<'nginx'> } = {}

  constructor(file: string, schema: JsonSchema) {
    this.file = file
    this.#text = readFileSync(file, 'utf8')
    this.value = parse(this.#text)
    this.uses = usesOf(schema, this.value)
  }

  /** What another content becomes on Envoy; undefined when it is refused with a finding. Throws when it is refused without one. */
  async envoy(value: unknown = this.value): Promise<Good | undefined> {
    this.#text = JSON.stringify(value)
    this.#compilers.envoy ??= new Compiler(this.file, this.#options)
    return this.#judge(await this.#compilers.envoy.compile())
  }

  /** The same on nginx. */
  async nginx(value: unknown = this.value): Promise<Good<'nginx'> | undefined> {
    this.#text = JSON.stringify(value)
    this.#compilers.nginx ??= new Compiler(this.file, { ...this.#options, target: 'nginx' })
    return this.#judge(await this.#compilers.nginx.compile())
  }

  #judge<T extends Target>({ good, diagnostics }: Compiled<T>): Good<T> | undefined {
    if (good) return good
    if (diagnostics.some(({ severity, message }) => severity === 'error' && message !== '')) return undefined
    throw new Error(`${this.file} is refused without a reason`)
  }

  get #options() {
    return { env: {}, files: this.#files, now: () => 0 }
  }

  /** The file itself as text in the memory, everything beside it as it is. */
  readonly #files: Files = {
    read: (path) => (path === this.file ? Promise.resolve({ text: this.#text }) : nodeFiles.read(path)),
    glob: (pattern) => nodeFiles.glob(pattern),
  }
}

/** Every valid configuration of this repository, the small ones first. */
export function allBases(schema: JsonSchema): Base[] {
  const files = patterns.flatMap((pattern) => globSync(pattern, { cwd: root })).filter((file) => !dirname(file).endsWith('invalid'))
  return files.map((file) => new Base(join(root, file), schema)).sort((a, b) => a.uses.length - b.uses.length)
}

/** One use of each field, in the smallest file that an engine takes. */
export async function oneUseEach(bases: readonly Base[], target: Target): Promise<Map<FieldId, { base: Base; use: Use }>> {
  const found = new Map<FieldId, { base: Base; use: Use }>()
  for (const base of bases) {
    const fresh = base.uses.filter(({ id }) => !found.has(id))
    if (fresh.length === 0 || !(await base[target]())) continue
    for (const use of fresh) if (!found.has(use.id)) found.set(use.id, { base, use })
  }
  return found
}

/** The content of a file with another text in one place. */
export function withText(value: unknown, { path, kind }: Use, text: string): unknown {
  const [step, ...rest] = path
  if (step === undefined) return text
  const inner = { path: rest, kind, id: '', text: '' }
  if (Array.isArray(value)) return value.map((item: unknown, index) => (index === step ? withText(item, inner, text) : item))
  const entries = Object.entries(value as Record<string, unknown>)
  const renames = kind === 'key' && rest.length === 0
  // A null prototype: `__proto__` is a name like others.
  return Object.assign(
    Object.create(null) as object,
    Object.fromEntries(entries.map(([key, item]) => (key !== step ? [key, item] : renames ? [text, item] : [key, withText(item, inner, text)]))),
  )
}
