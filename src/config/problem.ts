import type { Path } from '../diagnostics/diagnostic.ts'

/** A finding inside one entity, before it is known where the entity was written. */
export interface Problem {
  readonly code: string
  readonly message: string
  /** From the entity's value. */
  readonly path: Path
  readonly side: 'key' | 'value'
  readonly help?: string | undefined
  readonly sensitive?: boolean
}
