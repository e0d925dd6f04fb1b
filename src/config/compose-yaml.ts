import { Composer, Lexer, Parser } from 'yaml'
import type { CST, Document } from 'yaml'
import { maxDepth, maxSyntaxErrors } from './yaml-limits.ts'

export interface Composed {
  /** The first document, or undefined when there is none that can be looked at. */
  readonly document: Document.Parsed | undefined
  /** Where a second document begins. */
  readonly second?: number
  /** Where the nesting became too deep; nothing was composed then. */
  readonly tooDeep?: number
}

/** Parses YAML 1.2 (core schema). Composing recurses, so the nesting is watched while tokens arrive, before anything is composed. */
export function composeYaml(text: string): Composed {
  const composer = new Composer({ version: '1.2', schema: 'core', uniqueKeys: false, prettyErrors: false, logLevel: 'silent' })
  const depth: { at?: number } = {}
  let document: Document.Parsed | undefined
  for (const next of composer.compose(tokens(text, depth), true, text.length) as Iterable<Document.Parsed>) {
    if (document) return { document, second: next.range[0] }
    document = next
  }
  return depth.at === undefined ? { document } : { document: undefined, tooDeep: depth.at }
}

function* tokens(text: string, depth: { at?: number }): Generator<CST.Token> {
  const parser = new Parser()
  let errors = 0
  for (const lexeme of new Lexer().lex(text)) {
    for (const token of parser.next(lexeme)) {
      if (token.type === 'error' && ++errors > maxSyntaxErrors) return
      yield token
    }
    // A level of nesting takes one or two places on the stack, besides the document.
    if (parser.stack.length > 2 * maxDepth) {
      depth.at = parser.offset
      return
    }
  }
  yield* parser.end()
}
