export type Severity = 'error' | 'warning' | 'info'

/** Keys and list indexes from the root of a document to a node. */
export type Path = readonly (string | number)[]

/** One node of one file. Lines are found only when the finding is printed. */
export interface Place {
  /** Path of the file, as the user knows it. */
  readonly file: string
  readonly path: Path
  /** Which side of `key: value` is meant. A list item has only a value. */
  readonly side: 'key' | 'value'
  /** Character offset in the file, for text that has no node (a YAML syntax error). */
  readonly offset?: number
}

/** A finding about the user's input. Codes are `topic/kebab-case`, documented, and never used for something else. */
export interface Diagnostic {
  readonly code: string
  readonly severity: Severity
  /** One sentence: what is wrong, with the offending value. */
  readonly message: string
  /** Absent only when no file is to blame (for instance, nothing was read). */
  readonly at?: Place | undefined
  /** Other places that belong to it, such as the first of two duplicates. */
  readonly related?: readonly { readonly message: string; readonly at: Place }[]
  /** What to do about it: a sentence such as `did you mean "orders"?`. */
  readonly help?: string | undefined
  /** The line holds something that must not be shown, such as a literal secret: no code frame. */
  readonly sensitive?: boolean
}

/** What every pure stage returns. The value is undefined only when nothing useful can be made of the input. */
export type Result<T> = readonly [value: T, diagnostics: readonly Diagnostic[]]
