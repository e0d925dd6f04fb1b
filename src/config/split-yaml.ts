/** A run of whole `key: value` lines of a file that can be parsed alone. */
export interface Piece {
  /** The top-level key that its keys stand under; absent when its keys are top-level keys. */
  readonly section?: string
  readonly keys: readonly string[]
  readonly start: number
  readonly end: number
}

/** A key at the beginning of a line after its indentation, and the first character after the colon. */
const keyLine = /^(?:([A-Za-z0-9_$.-]+)|"([^"\\\n]*)"|'([^'\n]*)'):(?:[ \r]+(\S?)|$)/

/** Names of sections are not parsed again, so the few that YAML or the converter would object to are left to the whole. */
const sectionName = /^(?!(?:y|n|yes|no|on|off|true|false|null|constructor|prototype)$)[a-z][A-Za-z-]*$/i

/**
 * Cuts a file in plain block style into pieces of some dozen entities, so that an edit means parsing one piece again and a large file never has
 * one large tree. Cuts depend on the names at them, so an added line moves no other cut. Undefined when the file has lines that may not be cut at.
 * A wrong cut is harmless: quotes and brackets that are open at a cut make the piece invalid, and then the file is parsed as a whole.
 */
export function splitYaml(text: string): readonly Piece[] | undefined {
  const splitter = new Splitter(text)
  for (let start = 0; start < text.length;) {
    const newline = text.indexOf('\n', start)
    const end = newline === -1 ? text.length : newline
    let first = start
    while (text.charCodeAt(first) === 32) first++
    const char = first < end ? text[first] : '#'
    if (char !== '#' && char !== '\r' && !splitter.line(start, first, end)) return undefined
    start = end + 1
  }
  const pieces = splitter.finish()
  return pieces.length > 0 ? pieces : undefined
}

class Splitter {
  readonly #pieces: Piece[] = []
  readonly #text: string
  readonly #seen = new Set<string>()
  /** The section whose entities are being cut, and their indentation once it is known. */
  #section: { readonly key: string; readonly start: number; indent?: number } | undefined
  #open: { readonly section?: string; readonly keys: string[]; readonly start: number } | undefined

  constructor(text: string) {
    this.#text = text
  }

  /** Takes the next line that is neither empty nor a comment; false when the file cannot be cut. */
  line(start: number, first: number, end: number): boolean {
    if (this.#text[first] === '\t') return false
    const indent = first - start
    if (indent === 0) return this.#topLevel(start, this.#key(first, end))
    if (!this.#section) return this.#open !== undefined
    this.#section.indent ??= indent
    if (indent > this.#section.indent) return true
    const key = this.#key(first, end)
    if (indent < this.#section.indent || !key) return this.#notASection(first, indent)
    if (this.#open && isCut(key.key)) this.#close(start)
    this.#open ??= { section: this.#section.key, keys: [], start }
    this.#open.keys.push(key.key)
    return true
  }

  finish(): readonly Piece[] {
    this.#close(this.#text.length)
    return this.#pieces
  }

  #key(first: number, end: number): { key: string; next: string } | undefined {
    // Keys are short; the rest of a long line is of no interest.
    const match = keyLine.exec(this.#text.slice(first, Math.min(end, first + 200)))
    const key = match?.[1] ?? match?.[2] ?? match?.[3]
    return key === undefined ? undefined : { key, next: match?.[4] ?? '' }
  }

  #topLevel(start: number, found: { key: string; next: string } | undefined): boolean {
    // A list may stand at the column of its key.
    if (!found || found.key === '---') return this.#notASection(start, 0)
    this.#close(start)
    const { key, next } = found
    if (!sectionName.test(key) || this.#seen.has(key)) return false
    this.#seen.add(key)
    this.#section = next === '' || next === '#' ? { key, start } : undefined
    if (!this.#section) this.#open = { keys: [key], start }
    return true
  }

  /** What looked like a section holds a list: then it is one piece. Anything stranger cannot be cut. */
  #notASection(first: number, indent: number): boolean {
    if (!/^- /.test(this.#text.slice(first, first + 2))) return false
    if (!this.#section) return this.#open !== undefined
    if (this.#open || (this.#section.indent ?? indent) !== indent) return false
    this.#open = { keys: [this.#section.key], start: this.#section.start }
    this.#section = undefined
    return true
  }

  #close(end: number): void {
    if (this.#open) this.#pieces.push({ ...this.#open, end })
    else if (this.#section) this.#pieces.push({ keys: [this.#section.key], start: this.#section.start, end })
    this.#open = undefined
  }
}

/** About one name in 32 begins a new piece (FNV-1a, mixed once more because names differ only at their ends). */
function isCut(key: string): boolean {
  let hash = 0x811c9dc5
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  return ((hash ^ (hash >>> 13)) & 31) === 0
}
