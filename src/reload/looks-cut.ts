/**
 * Whether a text looks as if its writer had not come to the end yet: it lost its last line break, or it is shorter than the text that it replaces
 * and ends elsewhere. A cut at the end of a line is often valid YAML, so parsing is no guard.
 */
export function looksCut(before: string, after: string): boolean {
  if (after.length === 0) return before.length > 0
  if (before.endsWith('\n') && !after.endsWith('\n')) return true
  return countLines(after) < countLines(before) && lastLine(after) !== lastLine(before)
}

function countLines(text: string): number {
  let lines = 0
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) lines++
  return lines
}

function lastLine(text: string): string {
  const end = text.trimEnd()
  return end.slice(end.lastIndexOf('\n') + 1)
}
