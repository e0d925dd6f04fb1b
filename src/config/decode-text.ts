/** Why a file could not be read. `problem` is the sentence for the user, without the file's name. */
export interface Unreadable {
  readonly problem: string
  readonly missing: boolean
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

/** Bytes as text, or why they are none: UTF-16, invalid UTF-8 (with the line), or a NUL byte. A byte order mark is dropped. */
export function decodeText(bytes: Uint8Array): { text: string } | Unreadable {
  if ((bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff)) return junk('is UTF-16; save it as UTF-8')
  const nul = bytes.indexOf(0)
  if (nul !== -1) return junk(`is not text: line ${lineOf(bytes, nul)} holds a NUL byte`)
  try {
    return { text: utf8.decode(bytes) }
  } catch {
    return junk(`is not valid UTF-8 (line ${lineOf(bytes, firstInvalid(bytes))})`)
  }
}

const junk = (problem: string): Unreadable => ({ problem, missing: false })

function lineOf(bytes: Uint8Array, offset: number): number {
  let line = 1
  for (let i = 0; i < offset; i++) if (bytes[i] === 10) line++
  return line
}

/** Offset of the first byte that differs when the decoded text is encoded again. */
function firstInvalid(bytes: Uint8Array): number {
  const again = new TextEncoder().encode(new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes))
  let offset = 0
  while (offset < bytes.length && bytes[offset] === again[offset]) offset++
  return offset
}
