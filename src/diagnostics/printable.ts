/**
 * Makes user text safe to show on a terminal or in a log line: control characters, bidirectional overrides, invisible separators
 * and lone surrogates are written as `\u{…}`, so that text cannot move the cursor, hide or reorder what stands around it.
 */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu, (char) => `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}`)
}
