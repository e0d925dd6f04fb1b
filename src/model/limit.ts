import type { Path } from '../diagnostics/diagnostic.ts'

/** Something of a feature's value that an engine cannot do, or does differently. */
export interface Limit {
  /** `refused`: the gateway cannot be compiled for that engine. `note`: it works, with a difference that the user should know. */
  readonly kind: 'refused' | 'note'
  /** One sentence: what does not work and why. */
  readonly message: string
  /** Path inside the node as the user wrote it, beginning with the feature's key. */
  readonly path: Path
  readonly side?: 'key' | 'value'
  readonly help?: string
  /** A code of the feature that tells more; default that of the engine for the kind. */
  readonly code?: string
}
