import type { Place } from './diagnostic.ts'

/** Where a place is in the text of its file. Lines and columns count from 1, columns in UTF-16 units; the end is exclusive. */
export interface Position {
  readonly line: number
  readonly column: number
  readonly endLine: number
  readonly endColumn: number
  /** The line without its line break. */
  readonly lineText: string
}

/** Finds a place in its file; undefined when the file is not known. */
export type FindPosition = (place: Place) => Position | undefined
