import picocolors from 'picocolors'
import type { Colors } from '../diagnostics/print.ts'

export interface Sink {
  write(text: string): unknown
}

/** Everything of the outside world that a verb may touch besides files and the network; tests give their own. */
export interface Io {
  /** Results. */
  readonly stdout: Sink
  /** Progress, success and what went wrong. */
  readonly stderr: Sink
  readonly stdin: AsyncIterable<Uint8Array | string>
  readonly env: NodeJS.ProcessEnv
  readonly cwd: string
  /** Whether stdout is a terminal. */
  readonly isTTY: boolean
}

/** `NO_COLOR` wins over `FORCE_COLOR`, which wins over the terminal. https://no-color.org, https://force-color.org */
export function useColors({ env, isTTY }: Pick<Io, 'env' | 'isTTY'>): boolean {
  if (env['NO_COLOR']) return false
  const force = env['FORCE_COLOR']
  if (force !== undefined && force !== '') return force !== '0' && force !== 'false'
  return isTTY && env['TERM'] !== 'dumb'
}

export interface PlanColors extends Colors {
  readonly green: (text: string) => string
}

export function colorsOf(io: Io): PlanColors {
  return picocolors.createColors(useColors(io))
}
