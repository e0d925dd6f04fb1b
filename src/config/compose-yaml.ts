import { Composer, Lexer, Parser } from 'yaml'
import type { CST, Document } from 'yaml'
import { maxDepth, maxFileFindings } from './yaml-limits.ts'

export interface Composed {
  /** The first document, or undefined when there is none that can be looked at. */
  readonly document: Document.Parsed | undefined
  /** Where a second document begins. */
  readonly second?: number
  /** Where the nesting became too deep; nothing was composed then. */
  readonly tooDeep?: number
  /** The first of so many syntax errors that nothing was composed. */
  readonly junk?: SyntaxProblem
}

interface SyntaxProblem {
  readonly offset: number
  readonly message: string
}

/** Ends composing: every error costs memory and a stack trace, and a line of commas has millions. */
class TooManyErrors extends Error {
  readonly first: SyntaxProblem
  constructor(first: SyntaxProblem) {
    super(first.message)
    this.first = first
  }
}

/** Parses YAML 1.2 (core schema). Composing recurses, so the nesting is watched while tokens arrive, before anything is composed. */
export function composeYaml(text: string): Composed {
  const composer = new Composer({ version: '1.2', schema: 'core', uniqueKeys: false, prettyErrors: false, logLevel: 'silent' })
  limitErrors(composer)
  const depth: { at?: number } = {}
  let document: Document.Parsed | undefined
  try {
    for (const next of composer.compose(tokens(text, depth), true, text.length) as Iterable<Document.Parsed>) {
      if (document) return { document, second: next.range[0] }
      document = next
    }
  } catch (error) {
    if (error instanceof TooManyErrors) return { document: undefined, junk: error.first }
    throw error
  }
  return depth.at === undefined ? { document } : { document: undefined, tooDeep: depth.at }
}

/** Puts a limit in front of the composer's own error handler, which has none and cannot be configured. */
function limitErrors(composer: Composer): void {
  const handler: unknown = Reflect.get(composer, 'onError')
  if (typeof handler !== 'function') return
  let first: SyntaxProblem | undefined
  let count = 0
  Reflect.set(composer, 'onError', (source: unknown, code: unknown, message: string, warning: unknown) => {
    first ??= { offset: offsetOf(source), message }
    if (++count > maxFileFindings) throw new TooManyErrors(first)
    Reflect.apply(handler, composer, [source, code, message, warning])
  })
}

/** Where an error is: yaml passes an offset, a range, a token or a node. */
function offsetOf(source: unknown): number {
  if (typeof source === 'number') return source
  if (Array.isArray(source)) return Number(source[0])
  if (typeof source !== 'object' || source === null) return 0
  return 'offset' in source ? Number(source.offset) : 'range' in source ? offsetOf(source.range) : 0
}

function* tokens(text: string, depth: { at?: number }): Generator<CST.Token> {
  const parser = new Parser()
  let errors = 0
  for (const lexeme of new Lexer().lex(text)) {
    for (const token of parser.next(lexeme)) {
      if (token.type === 'error' && ++errors > maxFileFindings) return
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
