import { visit } from 'yaml'
import type { Document } from 'yaml'
import type { Diagnostic, Path } from '../diagnostics/diagnostic.ts'
import { contentHash } from '../lib/content-hash.ts'
import { composeYaml } from './compose-yaml.ts'
import type { SourceFile } from './config.ts'
import { AliasBomb, Converter } from './convert-yaml.ts'
import { maxDepth, maxFileFindings } from './yaml-limits.ts'
import { misreadsAround } from './yaml-misread.ts'
import { plainWords } from './yaml-words.ts'

/** Parses a text with the YAML library: one value, or findings. The YAML nodes are dropped; positions are found again from `text`. */
export function parseYaml(file: string, text: string): SourceFile {
  const diagnostics: Diagnostic[] = []
  const place = (offset: number, path: Path, side: 'key' | 'value') => ({ file, path: [...path], side, offset })
  const report = (code: string, message: string, offset: number, path: Path = [], more: Partial<Diagnostic> = {}): void => {
    if (diagnostics.length < maxFileFindings) diagnostics.push({ code, severity: 'error', message, at: place(offset, path, 'key'), ...more })
  }
  const value = parseText(text, report, place)
  return { file, text, hash: contentHash(text), value, diagnostics }
}

type Report = (code: string, message: string, offset: number, path?: Path, more?: Partial<Diagnostic>) => void
type PlaceAt = (offset: number, path: Path, side: 'key' | 'value') => NonNullable<Diagnostic['at']>

function parseText(text: string, report: Report, place: PlaceAt): unknown {
  const { document, second, tooDeep, junk } = composeYaml(text)
  if (tooDeep !== undefined) report('yaml/too-deep', `maps and lists are nested deeper than ${maxDepth} levels`, tooDeep)
  if (junk) report('yaml/syntax', junk.message, Math.min(junk.offset, text.length))
  if (!document) return undefined
  if (document.errors.length > 0) {
    reportSyntax(document, text, report)
    return undefined
  }
  if (second !== undefined) {
    report('yaml/many-documents', 'the file holds more than one YAML document', second, [], {
      help: 'remove the "---", or make it two files and use `include`',
    })
    return undefined
  }
  if (document.contents === null) {
    report('config/empty-file', 'nothing is written in this file', 0, [], { help: 'a gateway.yaml begins with `version: 1`' })
    return undefined
  }
  try {
    const value = new Converter(report, place).convert(document.contents)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value
    report('config/not-a-map', 'the file must be a map with keys such as `version` and `routes`', document.contents.range[0])
  } catch (error) {
    if (!(error instanceof AliasBomb)) throw error
    report('yaml/alias-bomb', 'the aliases of this file repeat so much that the result would be huge', error.offset, [], {
      help: 'write fewer nested aliases',
    })
  }
  return undefined
}

/** YAML's errors come in swarms: one is shown per line, and none after the first text that should have been quoted. */
function reportSyntax(document: Document.Parsed, text: string, report: Report): void {
  let lineEnd = -1
  let lines = 0
  const quoted = new Set<number>()
  const errors = document.errors.toSorted((a, b) => a.pos[0] - b.pos[0])
  for (const { pos, message, code } of errors) {
    if (pos[0] <= lineEnd) continue
    if (++lines > maxFileFindings) break
    lineEnd = text.indexOf('\n', pos[0])
    if (lineEnd === -1) lineEnd = text.length
    for (const misread of misreadsAround(text, pos[0])) {
      if (quoted.has(misread.offset)) continue
      quoted.add(misread.offset)
      report('yaml/quote-this', `YAML reads the braces in ${misread.text} as a map`, misread.offset, [], { help: `quote this: "${misread.text}"` })
    }
    if (quoted.size > 0 || (lines > 1 && code === 'UNEXPECTED_TOKEN')) continue
    const quote = /Missing closing ["']quote/.test(message) ? openQuote(document, pos[0]) : undefined
    const { message: words, help } = quote === undefined ? plainWords(message) : { message: 'the quote that opens here is never closed' }
    report('yaml/syntax', words, quote ?? Math.min(pos[0], text.length), [], { help })
  }
}

/** Where the quoted text begins that is still open at an offset. */
function openQuote(document: Document.Parsed, offset: number): number | undefined {
  let found: number | undefined
  visit(document, {
    Scalar: (_key, { type, range }) => {
      if (range && range[0] <= offset && offset <= range[2] + 1 && (type === 'QUOTE_DOUBLE' || type === 'QUOTE_SINGLE')) found = range[0]
    },
  })
  return found
}
