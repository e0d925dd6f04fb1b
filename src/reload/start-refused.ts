import type { Compiled } from '../compile.ts'
import type { Diagnostic } from '../diagnostics/diagnostic.ts'

/** There is nothing to serve: the files are not usable, and there is no last good state. */
export class StartRefused extends Error {
  readonly compiled: Pick<Compiled, 'diagnostics' | 'files'>
  readonly diagnostics: readonly Diagnostic[]

  constructor(compiled: Pick<Compiled, 'diagnostics' | 'files'>, diagnostics: readonly Diagnostic[]) {
    super('the files are not usable, and there is no last good state to serve instead')
    this.compiled = compiled
    this.diagnostics = diagnostics
  }
}
