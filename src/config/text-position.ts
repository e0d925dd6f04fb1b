import type { Position } from '../diagnostics/position.ts'

/** Line and column of a range of characters. */
export function positionOfRange(text: string, [from, to]: readonly [number, number]): Position {
  const start = Math.max(0, Math.min(from, text.length))
  const lineStart = text.lastIndexOf('\n', start - 1) + 1
  const newline = text.indexOf('\n', start)
  const lineEnd = newline === -1 ? text.length : newline
  // A value of several lines is marked up to the end of its first.
  const end = Math.max(start, Math.min(to, lineEnd))
  const line = lineNumber(text, lineStart)
  return {
    line,
    column: start - lineStart + 1,
    endLine: line,
    endColumn: end - lineStart + 1,
    lineText: text.slice(lineStart, lineEnd).replace(/\r$/, ''),
  }
}

function lineNumber(text: string, lineStart: number): number {
  let line = 1
  for (let at = text.indexOf('\n'); at !== -1 && at < lineStart; at = text.indexOf('\n', at + 1)) line++
  return line
}
