import { dirname, join, resolve } from 'node:path'
import { type Side, type State, stateOf } from '../plan/state.ts'
import { compileSaved } from '../reload/compile-saved.ts'
import { LastGood } from '../reload/last-good.ts'
import type { Target } from '../target.ts'
import { type AdminOptions, readAdminServer } from './admin-options.ts'
import { exit, type ExitCode, Stop } from './exit.ts'
import type { Io } from './io.ts'
import { liveState } from './live-state.ts'
import { compileFile, goodOf, rootOf } from './read-config.ts'
import { stopOnFindings } from './report.ts'
import { type ConfigOptions, defaultConfig } from './verb.ts'

/** Options of `plan`. */
export interface PlanOptions extends ConfigOptions, AdminOptions {
  readonly target: Target
  readonly against?: string
  readonly exitCode?: boolean
  readonly stateDir?: string
}

/** What to compare with and how to call it, or how the run ends because that is broken. */
export type Before = { readonly side: Side; readonly name: string } | { readonly code: ExitCode }

export async function beforeSide(io: Io, file: string, options: PlanOptions): Promise<Before> {
  const { against } = options
  const base = dirname(resolve(io.cwd, file))
  if (against === undefined) return lastGood(io, file, base, options)
  if (against === 'live') return { side: { state: await liveFor(options), base }, name: `the server at ${options.admin}` }
  return fromFile(io, against, options)
}

async function liveFor(options: PlanOptions): Promise<State> {
  const { admin, target } = options
  const state = await liveState(await readAdminServer(options))
  if (state.target === target) return state
  throw new Stop(exit.usage, `the server at ${admin} serves ${state.target}; plan for it with --target ${state.target}`)
}

async function lastGood(io: Io, file: string, base: string, options: PlanOptions): Promise<Before> {
  const warn = (message: string): void => void io.stderr.write(`warning: ${message}\n`)
  const directory = options.stateDir === undefined ? join(base, '.sluice') : resolve(io.cwd, options.stateDir)
  const states = await new LastGood(directory, warn).load()
  const saved = await compileSaved(
    rootOf(io, file === '-' ? defaultConfig : file),
    { target: options.target, overlay: options.env, env: io.env },
    states,
    warn,
  )
  if (!saved) return { side: { state: undefined, base }, name: 'nothing: no configuration was served from here yet' }
  return { side: { state: stateOf(saved.good), base }, name: `what was last served from here, at ${new Date(saved.loaded.savedAt).toISOString()}` }
}

async function fromFile(io: Io, file: string, options: PlanOptions): Promise<Before> {
  const compiled = await compileFile(io, file, options.env, { target: options.target })
  const code = stopOnFindings(io, compiled, { ...options, quiet: true, failOn: 'error' })
  if (code === undefined) return { side: { state: stateOf(goodOf(compiled)), base: dirname(resolve(io.cwd, file)) }, name: file }
  io.stderr.write(`error: ${file}, the other side of the plan, has errors\n`)
  return { code }
}
