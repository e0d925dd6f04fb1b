import { check, createCheckMemo } from './config/check.ts'
import { type Config, type Source, type SourceFile } from './config/config.ts'
import { FileCache } from './config/file-cache.ts'
import { type Files, nodeFiles } from './config/files.ts'
import { createLocate } from './config/locate.ts'
import { readMaterials } from './config/read-material.ts'
import { read } from './config/read.ts'
import { buildSchema } from './config/schema/gateway.ts'
import type { JsonSchema } from './config/schema/json-schema.ts'
import type { Diagnostic } from './diagnostics/diagnostic.ts'
import type { Feature } from './feature.ts'
import type { Moment } from './model/moment.ts'
import type { Cx } from './model/cx.ts'
import { features as allFeatures } from './features/index.ts'
import { checkMaterials, materialsOf } from './model/check-features.ts'
import { NodeChecks } from './model/check-nodes.ts'
import { checkGateway } from './model/check-gateway.ts'
import { createCx } from './model/cx.ts'
import type { Gateway } from './model/gateway.ts'
import { lower, LowerMemo } from './model/lower.ts'
import type { RouteTable } from './model/rank.ts'
import { ServiceUse } from './model/service-use.ts'
import { PolicyIndex } from './model/policy-index.ts'
import { Ranking } from './model/rank-listeners.ts'
import { type Emitter, emitterFor, type Emitters, type Made, type Target } from './target.ts'

export interface CompileOptions<T extends Target = 'envoy'> {
  /** The engine that the gateway is compiled for; default `envoy`. */
  readonly target?: T
  /** Name of an overlay next to the root file. */
  readonly overlay?: string | undefined
  /** Values of variables and `secret://env/…`; default the environment of the process. */
  readonly env?: Readonly<Record<string, string | undefined>>
  readonly files?: Files
  readonly features?: readonly Feature[]
  /** The clock, in milliseconds since 1970; findings about dates depend on it, and nothing else. */
  readonly now?: () => number
  /** What a date that is over is: default a warning, because a date alone must not stop a gateway that runs. */
  readonly overdue?: Moment['overdue']
}

/** Everything that one compile made. `good` is there only when nothing is wrong. */
export interface Compiled<T extends Target = 'envoy'> {
  readonly diagnostics: readonly Diagnostic[]
  readonly files: ReadonlyMap<string, SourceFile>
  /** Files, patterns and directories that a watcher has to look at. */
  readonly watched: readonly string[]
  readonly good?: Good<T>
}

/** A gateway without errors, and what it became: `target` says for which engine. */
export type Good<T extends Target = 'envoy'> = Sound & Made[T]

interface Sound {
  readonly gateway: Gateway
  readonly tables: ReadonlyMap<string, RouteTable>
  /** Places in the files that this was made of. */
  readonly at: Cx['at']
  /** Those files: the lines of the places are found in them. */
  readonly files: ReadonlyMap<string, SourceFile>
}

const schemas = new WeakMap<readonly Feature[], JsonSchema>()

/** Building and compiling the schema takes longer than a small gateway does, so it is done once for each list of features. */
function schemaOf(features: readonly Feature[]): JsonSchema {
  const known = schemas.get(features) ?? buildSchema(features.flatMap((feature) => feature.points))
  schemas.set(features, known)
  return known
}

/** The pipeline: read → check → lower → rank → check → emit. One compiler belongs to one root file and remembers what did not change. */
export class Compiler<T extends Target = 'envoy'> {
  readonly #root: string
  readonly #options: Required<Omit<CompileOptions<T>, 'overlay' | 'target'>> & Pick<CompileOptions<T>, 'overlay'>
  readonly #cache = new FileCache()
  readonly #checked = createCheckMemo()
  readonly #memo = new LowerMemo()
  /** Makes resources of single nodes as well, for live changes. */
  readonly emitter: Emitters[T]
  readonly #engine: Emitter<T>
  readonly #schema
  readonly #ranking = new Ranking()
  readonly #checks: NodeChecks
  readonly #use: ServiceUse
  readonly #withMaterial: PolicyIndex

  constructor(root: string, options: CompileOptions<T> = {}) {
    this.#root = root
    this.#options = { env: process.env, files: nodeFiles, now: Date.now, overdue: 'warning', features: allFeatures, ...options }
    this.#schema = schemaOf(this.#options.features)
    const emitter = emitterFor(options.target ?? ('envoy' as T), this.#options.features)
    this.emitter = emitter
    this.#engine = emitter
    this.#checks = new NodeChecks(this.#options.features, (node, checked) => this.#engine.check(node, checked))
    this.#use = new ServiceUse(this.#options.features)
    this.#withMaterial = new PolicyIndex(this.#options.features.filter((feature) => feature.material !== undefined))
  }

  async compile(): Promise<Compiled<T>> {
    const { features, files, overlay, env } = this.#options
    const [source, found] = await read(this.#root, { files, cache: this.#cache, overlay })
    if (!source) return { diagnostics: found, files: new Map(), watched: [this.#root] }
    const [config, schemaFindings] = check(source, this.#schema, env, this.#checked)
    if (!config) return outcome(source, [...found, ...schemaFindings])
    const locate = createLocate(source.files)
    const [{ gateway, damaged }, lowerFindings] = lower(config, features, locate, this.#memo)
    const cx = createCx(gateway, locate)
    const moment: Moment = { now: this.#options.now(), overdue: this.#options.overdue }
    const tables = this.#ranking.rank(gateway)
    const diagnostics = [...found, ...schemaFindings, ...lowerFindings]
    const input = { features, gateway, tables, invalid: leftOut(config, gateway), damaged, cx, moment }
    diagnostics.push(...checkGateway(input, this.#use), ...this.#checks.run(input))
    const withMaterial = this.#withMaterial.update(gateway)
    const materials = materialsOf(features, withMaterial)
    const { content, problems } = await readMaterials(materials.keys(), env)
    diagnostics.push(...checkMaterials(features, withMaterial, materials, content, problems, cx, moment))
    if (diagnostics.some(isError)) return outcome(source, diagnostics, [...materials.keys()])
    const { made, diagnostics: emitFindings } = this.#engine.emit(gateway, tables, cx.at, (key) => content.get(key) ?? new Uint8Array())
    diagnostics.push(...emitFindings)
    return outcome(source, diagnostics, [...materials.keys()], { gateway, tables, at: cx.at, files: source.files, ...made })
  }
}

function outcome<T extends Target>(
  source: Source,
  diagnostics: readonly Diagnostic[],
  materials: readonly string[] = [],
  good?: Good<T>,
): Compiled<T> {
  const watched = [...source.watched, ...materials.filter((key) => key.startsWith('file:')).map((key) => key.slice(5))]
  return { diagnostics, files: source.files, watched, ...(good && !diagnostics.some(isError) ? { good } : {}) }
}

function isError(diagnostic: Diagnostic): boolean {
  return diagnostic.severity === 'error'
}

/** What is written but not in the gateway because of its own errors, such as `routes/orders`. */
function leftOut({ invalid, collections }: Config, gateway: Gateway): ReadonlySet<string> {
  const all = collections.routes.size === gateway.routes.size
  const lost = all ? [] : [...collections.routes.keys()].filter((name) => !gateway.routes.has(name))
  return lost.length === 0 ? invalid : new Set([...invalid, ...lost.map((name) => `routes/${name}`)])
}
