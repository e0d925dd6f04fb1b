import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { type Compiled, Compiler } from '../../src/compile.ts'
import { readMaterials } from '../../src/config/read-material.ts'
import type { Diagnostic } from '../../src/diagnostics/diagnostic.ts'
import type { Feature } from '../../src/feature.ts'
import { materialsOf } from '../../src/model/check-features.ts'
import { PolicyIndex } from '../../src/model/policy-index.ts'
import type { Gateway } from '../../src/model/gateway.ts'
import type { RouteTable } from '../../src/model/rank.ts'
import type { Target } from '../../src/target.ts'
import { parseSteps, type Step } from './format.ts'

export const engines = ['envoy', 'nginx'] as const satisfies readonly Target[]
export type Engine = Target

/** A golden case of a feature that has requests, compiled as it was written. */
export interface Case {
  /** `feature/case`. */
  readonly id: string
  /** Unique beginning of names in the merged gateway, and of the case's own host. */
  readonly slug: string
  readonly gateway: Gateway
  readonly tables: ReadonlyMap<string, RouteTable>
  /** Contents of the files that it names, by key. */
  readonly content: ReadonlyMap<string, Uint8Array>
  readonly steps: readonly Step[]
  /** Why an engine does not take the case; an engine that takes it has no entry. */
  readonly refusals: ReadonlyMap<Engine, readonly Diagnostic[]>
  /** What an engine does differently, as `support` says. */
  readonly notes: ReadonlyMap<Engine, readonly Diagnostic[]>
}

const features = join(import.meta.dirname, '..', 'features')
/** Cases of what belongs to no feature: routing, targets, listeners. Their feature is `spine`. */
const spine = join(import.meta.dirname, 'cases')

/** Names of all cases that have requests. */
export function caseIds(): string[] {
  const all = readdirSync(features).flatMap((feature) => readdirSync(join(features, feature)).map((name) => `${feature}/${name}`))
  return [...all, ...readdirSync(spine).map((name) => `spine/${name}`)].filter((id) => existsSync(join(dirOf(id), 'requests.yaml'))).sort()
}

function dirOf(id: string): string {
  return id.startsWith('spine/') ? join(spine, id.slice(6)) : join(features, id)
}

/** Reads and compiles one case, one without requests too; throws with its findings when it does not compile. */
export async function readCase(id: string, list: readonly Feature[]): Promise<Case> {
  const dir = dirOf(id)
  const requests = join(dir, 'requests.yaml')
  const steps = existsSync(requests) ? parseSteps(readFileSync(requests, 'utf8'), relative(process.cwd(), requests)) : []
  const compileFor = <T extends Target>(target: T): Promise<Compiled<T>> =>
    new Compiler(join(dir, 'gateway.yaml'), { env: {}, features: list, target }).compile()
  const compiled = { envoy: await compileFor('envoy'), nginx: await compileFor('nginx') }
  const good = compiled.envoy.good ?? compiled.nginx.good
  const errors = (engine: Engine): Diagnostic[] => compiled[engine].diagnostics.filter(({ severity }) => severity === 'error')
  if (!good)
    throw new Error(`${id} has requests but does not compile: ${JSON.stringify(errors('envoy').map(({ code, message }) => [code, message]))}`)
  const { content } = await readMaterials(materialsOf(list, new PolicyIndex(list).update(good.gateway)).keys(), {})
  const notes = (engine: Engine): Diagnostic[] => compiled[engine].diagnostics.filter(({ severity }) => severity === 'info')
  return {
    id,
    slug: id.replace('/', '-'),
    gateway: good.gateway,
    tables: good.tables,
    content,
    steps,
    refusals: byEngine(errors),
    notes: byEngine(notes),
  }
}

/** Entries of the engines that have findings. */
function byEngine(of: (engine: Engine) => readonly Diagnostic[]): ReadonlyMap<Engine, readonly Diagnostic[]> {
  return new Map(engines.map((engine) => [engine, of(engine)] as const).filter(([, found]) => found.length > 0))
}
