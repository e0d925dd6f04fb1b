/**
 * Whether a text looks as if its writer had not come to the end yet: it lost its last line break, or its end is not the one of the text that it replaces,
 * and neither an addition at the end nor an edit of the last line alone explains that. A cut at the end of a line is often valid YAML, so parsing is no guard.
 */
export function looksCut(before: string, after: string): boolean {
  if (after.length === 0) return before.length > 0
  if (before.endsWith('\n') && !after.endsWith('\n')) return true
  if (after.startsWith(before)) return false
  const [old, now] = [lastLine(before), lastLine(after)]
  return old.text !== now.text && before.slice(0, old.start) !== after.slice(0, now.start)
}

function lastLine(whole: string): { readonly start: number; readonly text: string } {
  const end = whole.trimEnd()
  const start = end.lastIndexOf('\n') + 1
  return { start, text: end.slice(start) }
}
