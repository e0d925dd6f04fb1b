/** Text that YAML reads as something else than its writer meant. */
export interface Misread {
  readonly offset: number
  readonly text: string
}

/** Quoted text, which is passed over, or plain text with a `{…}` glued to it: `${PORT}`, `/t/{id}`, `http://${HOST}:${PORT}/`. */
const braces = /"(?:[^"\\]|\\.)*"|'[^']*'|[^\s,[\]{}"'#]+(?:\{[^{}\n]*\}[^\s,[\]{}"']*)+/g

/** How much of a line is searched: lines of minified files can be megabytes. */
const window = 2000

/**
 * Looks on the line of a syntax error for the cause that is most likely in gateway.yaml: `{port: ${PORT}}` or `{path: /t/{id}}`,
 * where the brace of the text closes the map around it. Outside of `{}` and `[]` such text is fine, so an open bracket must stand before it.
 */
export function misreadsAround(text: string, offset: number): readonly Misread[] {
  const start = Math.max(text.lastIndexOf('\n', offset - 1) + 1, offset - window)
  const newline = text.indexOf('\n', offset)
  const line = text.slice(start, Math.min(newline === -1 ? text.length : newline, offset + window))
  return [...line.matchAll(braces)]
    .filter((match) => !/^["']/.test(match[0]) && /[[{]/.test(line.slice(0, match.index)))
    .map((match) => ({ offset: start + match.index, text: match[0] }))
}
