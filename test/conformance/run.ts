import type { Feature } from '../../src/feature.ts'
import { type Case, type Engine, engines, readCase } from './cases.ts'
import { compare } from './compare.ts'
import { startEngine } from './engines.ts'
import { covering, type Difference, type Exceptions } from './exceptions.ts'
import type { Finding } from './finding.ts'
import { judge } from './judge.ts'
import { judgeModel, judgeRoute } from './model.ts'
import { play, type Played } from './play.ts'

/** What a run of many cases gave. */
export interface Outcome {
  readonly cases: readonly Case[]
  /** Findings that no exception covers, by case. */
  readonly findings: ReadonlyMap<string, readonly Finding[]>
  /** Exceptions that covered a finding. */
  readonly used: ReadonlySet<Difference>
  /** Requests that were sent, over both engines. */
  readonly requests: number
}

export interface RunOptions {
  readonly ids: readonly string[]
  readonly features: readonly Feature[]
  readonly exceptions: Exceptions
  /** Features that an engine really runs with; default the same. */
  readonly featuresOf?: Partial<Record<Engine, readonly Feature[]>>
  /** How long a step that waits is repeated; default 60 s. */
  readonly waitMs?: number
}

/** Cases that run at the same time: enough to fill the pauses, few enough that timeouts of 100 ms mean something. */
const lanes = 4

/** How long a test may wait for all cases, in milliseconds: some 15 s are usual, but what is not alone on its machine may take ten times as long. */
export const patienceMs = 400_000

/** Runs cases on both engines, in order inside each case, and compares. */
export async function run({ ids, features, exceptions, featuresOf = {}, waitMs = 60_000 }: RunOptions): Promise<Outcome> {
  const cases = await Promise.all(ids.map((id) => readCase(id, features)))
  const live = await Promise.all(engines.map((engine) => startEngine(engine, cases, featuresOf[engine] ?? features)))
  const findings = new Map<string, Finding[]>()
  const used = new Set<Difference>()
  let requests = 0
  const runCase = async (one: Case): Promise<void> => {
    const played = new Map<Engine, Played[]>()
    const takers = live.filter((running) => running.cases.includes(one))
    await Promise.all(takers.map(async (running) => played.set(running.engine, await play(one, running, waitMs))))
    for (const steps of played.values()) requests += steps.reduce((sum, { answers }) => sum + answers.length, 0)
    const open = verdict(one, played).filter((finding) => {
      const exception = covering(exceptions, finding)
      if (exception) used.add(exception)
      return !exception
    })
    findings.set(one.id, open)
  }
  try {
    const waiting = [...cases]
    const lane = async (): Promise<void> => {
      for (let one = waiting.shift(); one; one = waiting.shift()) await runCase(one)
    }
    await Promise.all(Array.from({ length: lanes }, lane))
  } finally {
    await Promise.all(live.map((running) => running.stop()))
  }
  return { cases, findings, used, requests }
}

/** Everything that is wrong with one case before exceptions: with the model, with each engine, and between them. */
function verdict(one: Case, played: ReadonlyMap<Engine, readonly Played[]>): Finding[] {
  const model = one.steps.flatMap((step, index) => ('request' in step ? judgeModel(one, step, index + 1) : []))
  const each = [...played].flatMap(([engine, steps]) => steps.flatMap((step) => [...judge(one, engine, step), ...judgeRoute(one, engine, step)]))
  const [envoy, nginx] = [played.get('envoy'), played.get('nginx')]
  const between = envoy && nginx ? envoy.flatMap((step, index) => compareAt(one, step, nginx[index])) : []
  return [...model, ...each, ...between]
}

function compareAt(one: Case, envoy: Played, nginx: Played | undefined): Finding[] {
  return nginx ? compare(one, envoy, nginx) : []
}
