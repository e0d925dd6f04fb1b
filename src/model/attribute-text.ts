import type { Path } from '../diagnostics/diagnostic.ts'
import { didYouMean } from '../diagnostics/suggest.ts'
import type { LowerCx } from '../feature.ts'
import { type Attribute, parseAttribute } from './attribute.ts'
import type { PathMatch } from './gateway.ts'

/** A text in which attributes of the request stand in braces, such as `Bearer {request.header.x-token}`. */
export interface AttributeText {
  /** As the user wrote it. */
  readonly written: string
  /** What it is made of, in order. No two literals stand side by side, and none is empty. */
  readonly parts: readonly (string | Attribute)[]
}

const examples = [
  'client.ip',
  'request.method',
  'request.host',
  'request.header.',
  'request.cookie.',
  'request.query.',
  'request.path.',
  'route',
  'service',
]

/**
 * Reads a text with attributes in braces; `{{` stands for one brace, and a closing brace outside of an attribute for itself.
 * A text without attributes comes back as the literal that it is; undefined after a finding.
 */
export function readAttributeText(written: string, path: Path, cx: LowerCx): string | AttributeText | undefined {
  const parts: (string | Attribute)[] = []
  let literal = ''
  let sound = true
  for (let at = 0; at < written.length; at++) {
    const char = written.charAt(at)
    if (char !== '{' || written.charAt(at + 1) === '{') {
      literal += char
      if (char === '{') at++
      continue
    }
    const end = written.indexOf('}', at)
    const name = end === -1 ? written.slice(at + 1) : written.slice(at + 1, end)
    const attribute = end === -1 ? undefined : parseAttribute(name)
    if (!attribute) {
      cx.report({ ...problem(name, end === -1), path })
      sound = false
    } else {
      if (literal !== '') parts.push(literal)
      literal = ''
      parts.push(attribute)
    }
    at = end === -1 ? written.length : end
  }
  if (!sound) return undefined
  if (parts.length === 0) return literal
  return { written, parts: literal === '' ? parts : [...parts, literal] }
}

function problem(name: string, open: boolean): { code: string; message: string; help: string } {
  const escape = 'a brace that is meant as such is written `{{`'
  if (open) return { code: 'attribute/unclosed', message: `"{${name}" has no closing brace`, help: escape }
  const help =
    didYouMean(name, candidates(name)) ?? `there are ${examples.map((one) => `{${one.endsWith('.') ? `${one}NAME` : one}}`).join(', ')}; ${escape}`
  return { code: 'attribute/unknown', message: `there is no attribute {${name}}`, help }
}

/** The attributes that a mistyped one may have meant: those with a name keep the last part of it. */
function candidates(name: string): string[] {
  const last = name.slice(name.lastIndexOf('.') + 1)
  return examples.map((one) => (one.endsWith('.') ? `${one}${last}` : one))
}

/** Path parameters that the text uses and the path does not have. */
export function missingParameters(text: AttributeText, path: PathMatch): string[] {
  const known = path.type === 'template' ? path.segments.flatMap((segment) => (segment.type === 'literal' ? [] : [segment.name])) : []
  return text.parts.flatMap((part) => (typeof part !== 'string' && part.type === 'request.path' && !known.includes(part.name) ? [part.name] : []))
}
