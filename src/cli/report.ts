import type { Compiled } from '../compile.ts'
import { createFindPosition } from '../config/find-position.ts'
import { collect } from '../diagnostics/collect.ts'
import type { Diagnostic } from '../diagnostics/diagnostic.ts'
import { diagnosticsToJson, type JsonReport } from '../diagnostics/json.ts'
import { printDiagnostics } from '../diagnostics/print.ts'
import { exit, type ExitCode } from './exit.ts'
import { colorsOf, type Io, type Sink } from './io.ts'
import { unusable } from './read-config.ts'
import type { ConfigOptions, FailOn, Format } from './verb.ts'

/** What a compile found, whatever it was for. */
type Findings = Pick<Compiled, 'diagnostics' | 'files'>

/** How a compile ends the run: 65 when something could not be read or parsed, 1 for findings that count, else 0. */
export function exitOf(compiled: Findings, failOn: FailOn): ExitCode {
  if (unusable(compiled)) return exit.badInput
  return compiled.diagnostics.some(({ severity }) => severity === 'error' || severity === failOn) ? exit.findings : exit.ok
}

export function jsonReport({ diagnostics, files }: Findings): JsonReport {
  const find = createFindPosition(files)
  return diagnosticsToJson(collect(diagnostics, find), find)
}

/** Findings for people on the stream given, or the one JSON document of a run on stdout. */
export function report(io: Io, compiled: Findings, format: Format, people: Sink): void {
  if (format === 'json') return writeJson(io, jsonReport(compiled))
  const find = createFindPosition(compiled.files)
  people.write(printDiagnostics(collect(compiled.diagnostics, find), find, colorsOf(io)))
}

/**
 * For verbs whose result is something else: findings go to stderr, and JSON is written only when they end the run.
 * Undefined when the verb may go on.
 */
export function stopOnFindings(io: Io, compiled: Findings, options: ConfigOptions): ExitCode | undefined {
  const code = exitOf(compiled, options.failOn)
  if (code === exit.ok) {
    report(io, { ...compiled, diagnostics: options.quiet ? [] : compiled.diagnostics }, 'text', io.stderr)
    return undefined
  }
  report(io, compiled, options.format, io.stderr)
  return code
}

export function writeJson(io: Io, value: unknown): void {
  io.stdout.write(`${JSON.stringify(value, null, 2)}\n`)
}

/** A finding that no place in a file belongs to. */
export function finding(code: string, message: string, help?: string): Diagnostic {
  return { code, severity: 'error', message, help }
}
