import type { Collected, Located } from './collect.ts'
import type { Place } from './diagnostic.ts'
import type { FindPosition, Position } from './position.ts'
import { printable } from './printable.ts'

/** The part of picocolors that is used; without it nothing is painted, as for an output that is no terminal. */
export interface Colors {
  readonly red: (text: string) => string
  readonly yellow: (text: string) => string
  readonly cyan: (text: string) => string
  readonly bold: (text: string) => string
  readonly dim: (text: string) => string
}

const same = (text: string): string => text
const plainColors: Colors = { red: same, yellow: same, cyan: same, bold: same, dim: same }

/** How much of a long line is shown around the caret. */
const frameWidth = 120

/** Findings as people read them; ends with a line break, and is empty when there are none. */
export function printDiagnostics(collected: Collected, find: FindPosition, colors: Colors = plainColors): string {
  if (collected.shown.length === 0) return ''
  const blocks = collected.shown.map((located) => printOne(located, find, colors))
  return `${[...blocks, summary(collected, colors)].join('\n\n')}\n`
}

/** One finding without the summary and without a line break at the end. */
function printOne({ diagnostic, position, hideLine }: Located, find: FindPosition, colors: Colors = plainColors): string {
  const paint = { error: colors.red, warning: colors.yellow, info: colors.cyan }[diagnostic.severity]
  const lines = [`${paint(colors.bold(diagnostic.severity))} ${colors.bold(diagnostic.code)}: ${printable(diagnostic.message)}`]
  if (diagnostic.at) lines.push(`  ${colors.cyan(where(diagnostic.at, position))}`)
  if (position && !diagnostic.sensitive && !hideLine) lines.push(...frame(position, paint, colors))
  if (diagnostic.help) lines.push(`  ${colors.dim('help:')} ${printable(diagnostic.help)}`)
  for (const { message, at } of diagnostic.related ?? []) lines.push(`  ${colors.dim('see:')} ${where(at, find(at))} ${printable(message)}`)
  return lines.join('\n')
}

/** `gateway.yaml:41:11` */
export function where(place: Place, position: Position | undefined): string {
  return position ? `${printable(place.file)}:${position.line}:${position.column}` : printable(place.file)
}

function frame(position: Position, paint: (text: string) => string, colors: Colors): string[] {
  const gutter = String(position.line)
  const start = position.column - 1
  const end = position.endLine === position.line ? position.endColumn - 1 : position.lineText.length
  const from = position.lineText.length <= frameWidth ? 0 : Math.max(0, Math.floor(start - frameWidth / 3))
  const to = Math.min(position.lineText.length, from + frameWidth)
  const part = (a: number, b: number): string => printable(position.lineText.slice(a, b).replaceAll('\t', ' '))
  const head = (from > 0 ? '…' : '') + part(from, start)
  const marked = part(start, Math.min(end, to))
  const text = head + marked + part(Math.min(end, to), to) + (to < position.lineText.length ? '…' : '')
  const caret = ' '.repeat(head.length) + paint('^'.repeat(Math.max(1, marked.length)))
  return [`  ${colors.dim(`${gutter} |`)} ${text}`, `  ${colors.dim(`${' '.repeat(gutter.length)} |`)} ${caret}`]
}

function summary({ counts, hidden }: Collected, colors: Colors): string {
  const count = (number: number, word: string): string => (number === 0 ? '' : `${number} ${word}${number === 1 ? '' : 's'}`)
  const parts = [count(counts.error, 'error'), count(counts.warning, 'warning'), counts.info ? `${counts.info} info` : ''].filter(
    (part) => part !== '',
  )
  const rest = hidden ? `, of which ${hidden} ${hidden === 1 ? 'is' : 'are'} not shown` : ''
  return `${colors.bold(parts.join(', '))}${rest}; \`sluice explain-code CODE\` tells more about a code`
}
