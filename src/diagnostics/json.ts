import type { Collected } from './collect.ts'
import type { Path, Place, Severity } from './diagnostic.ts'
import type { FindPosition, Position } from './position.ts'

interface JsonPlace {
  readonly file: string
  /** JSON Pointer (RFC 6901) inside the file. */
  readonly path: string
  /** Lines and columns from 1; the end is exclusive. Absent when the file is not known. */
  readonly range?: {
    readonly start: { readonly line: number; readonly column: number }
    readonly end: { readonly line: number; readonly column: number }
  }
}

export interface JsonDiagnostic extends Partial<JsonPlace> {
  readonly code: string
  readonly severity: Severity
  readonly message: string
  readonly help?: string
  readonly related?: readonly (JsonPlace & { readonly message: string })[]
}

export interface JsonReport {
  readonly schemaVersion: 1
  readonly diagnostics: readonly JsonDiagnostic[]
  readonly summary: Readonly<Record<Severity, number>> & { readonly hidden: number }
}

/** Findings as machines read them. */
export function diagnosticsToJson({ shown, counts, hidden }: Collected, find: FindPosition): JsonReport {
  const diagnostics = shown.map(({ diagnostic, position }) => ({
    code: diagnostic.code,
    severity: diagnostic.severity,
    message: diagnostic.message,
    ...(diagnostic.at && place(diagnostic.at, position)),
    ...(diagnostic.help !== undefined && { help: diagnostic.help }),
    ...(diagnostic.related?.length && { related: diagnostic.related.map(({ message, at }) => ({ message, ...place(at, find(at)) })) }),
  }))
  return { schemaVersion: 1, diagnostics, summary: { ...counts, hidden } }
}

function place({ file, path }: Place, position: Position | undefined): JsonPlace {
  if (!position) return { file, path: jsonPointer(path) }
  const { line, column, endLine, endColumn } = position
  return { file, path: jsonPointer(path), range: { start: { line, column }, end: { line: endLine, column: endColumn } } }
}

/** `['a/b', 0]` as `/a~1b/0`. */
export function jsonPointer(path: Path): string {
  return path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
}
