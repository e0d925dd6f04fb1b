import type { Path } from '../diagnostics/diagnostic.ts'

/** Content from outside gateway.yaml: a file, or a secret. */
export interface Material {
  /** `file:path` or `env:NAME`; equal keys are one content. */
  readonly key: string
  /** Where in the node the user named it. */
  readonly path: Path
  readonly secret: boolean
}

/** Content of a material that was read; throws for a key that nobody announced. */
export type ReadMaterial = (key: string) => Uint8Array
