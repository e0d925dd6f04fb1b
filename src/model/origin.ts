import type { Path, Place } from '../diagnostics/diagnostic.ts'

/** One part of one file that contributed to a merged value. */
export interface Layer {
  readonly file: string
  /** Where in that file the part begins. */
  readonly path: Path
}

/**
 * Where a merged value comes from: the layers that were laid over each other, the strongest last.
 * A path inside the value belongs to the last layer that holds it; finding that out reads the files again, so it is done only to print.
 */
export type Origin = readonly Layer[]

/** Turns an origin and a path inside the value into the one place to blame. */
export type Locate = (origin: Origin, path?: Path, side?: 'key' | 'value') => Place
