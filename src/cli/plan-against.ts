import { dirname, resolve } from 'node:path'
import type { Side } from '../plan/diff.ts'
import type { ExitCode } from './exit.ts'
import type { Io } from './io.ts'
import type { PlanOptions } from './plan.ts'
import { compileFile, goodOf } from './read-config.ts'
import { stopOnFindings } from './report.ts'

/** What to compare with and how to call it, or how the run ends because that is broken. */
export type Before = { readonly side: Side; readonly name: string } | { readonly code: ExitCode }

export async function beforeSide(io: Io, file: string, options: PlanOptions): Promise<Before> {
  const { against } = options
  if (against === undefined) return { side: { good: undefined, base: io.cwd }, name: 'nothing: no configuration was served from here yet' }
  return fromFile(io, against, options)
}

async function fromFile(io: Io, file: string, options: PlanOptions): Promise<Before> {
  const compiled = await compileFile(io, file, options.env)
  const code = stopOnFindings(io, compiled, { ...options, quiet: true, failOn: 'error' })
  if (code === undefined) return { side: { good: goodOf(compiled), base: dirname(resolve(io.cwd, file)) }, name: file }
  io.stderr.write(`error: ${file}, the other side of the plan, has errors\n`)
  return { code }
}
