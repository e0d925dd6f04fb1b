import { type Compiled, Compiler, type CompileOptions, type Good } from '../compile.ts'
import type { Target } from '../target.ts'
import type { Loaded } from './last-good.ts'
import { savedEnv, savedFiles } from './saved.ts'

export interface SavedGood<T extends Target> {
  readonly loaded: Loaded
  readonly compiled: Compiled<T>
  readonly good: Good<T>
}

/** Compiles the newest saved state that is still usable. `problem` hears why one is not. */
export async function compileSaved<T extends Target = 'envoy'>(
  root: string,
  options: CompileOptions<T>,
  states: readonly Loaded[],
  problem: (message: string) => void,
): Promise<SavedGood<T> | undefined> {
  const { env = process.env, overlay } = options
  for (const loaded of states) {
    const { saved, savedAt } = loaded
    const name = `the last good state of ${new Date(savedAt).toISOString()}`
    if (saved.overlay !== (overlay ?? null)) {
      problem(`${name} was made ${saved.overlay === null ? 'without an overlay' : `with overlay "${saved.overlay}"`}, so it is not used here`)
      continue
    }
    const compiled = await new Compiler<T>(root, { ...options, files: savedFiles(saved, root), env: savedEnv(saved, env) }).compile()
    if (compiled.good) return { loaded, compiled, good: compiled.good }
    const finding = compiled.diagnostics.find(({ severity }) => severity === 'error')
    problem(`${name} is not usable any more${finding ? `: ${finding.code}: ${finding.message}` : ''}`)
  }
  return undefined
}
