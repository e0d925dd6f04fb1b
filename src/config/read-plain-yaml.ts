import { flat } from './flat.ts'

type Fields = Record<string, unknown>

/** Anything but printable characters of the basic plane and line feeds: tabs, carriage returns, byte order marks, halves of characters. */
const unusual = /[^\x20-\x7e\n\u00a1-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd]/

/** Maps and lists inside each other; deeper ones are left to the library, which counts them. */
const maxDepth = 20

const blockKey = /(?:([A-Za-z_][A-Za-z0-9_./*-]*)|"([^"\\\n]*)"|'([^'\n]*)'):(?= |\n|$)/y
const flowKey = /(?:([A-Za-z_][A-Za-z0-9_./*-]*)|"([^"\\\n]*)"|'([^'\n]*)'):(?= )/y
const flowText = /[A-Za-z0-9_/.$](?:[A-Za-z0-9_/.$*+=~^();<>-]|(?<! ):(?=[A-Za-z0-9_/.$*])| (?![ ,\]}:#]))*/y

/** What may begin a text without quotes. */
const plainStart = /[A-Za-z0-9_/.$^(<=~+-]/
/** Words that are no text, or that the converter has something to say about. */
const word = /^(?:y|n|yes|no|on|off|true|false|null)$/i
const forbidden = new Set(['__proto__', 'constructor', 'prototype'])
const number = /^[-+]?(?:0o[0-7]+|0x[0-9a-fA-F]+|(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|\.(?:inf|Inf|INF|nan|NaN|NAN))$/
const plainNumber = /^(?:0|[1-9][0-9]{0,14})(?:\.[0-9]{1,9})?$/

/**
 * Reads the YAML that gateways are mostly written in: maps and lists by indentation or in brackets on one line, texts on one line, comments.
 * Undefined for everything else, such as anchors, tags, escapes, texts of several lines, a key that stands twice, and every mistake: then the library
 * reads the text. What is read here is what the library would give without a finding (`test/config/plain-yaml.test.ts`), at a tenth of the cost.
 */
export function readPlainYaml(text: string): Fields | undefined {
  return unusual.test(text) ? undefined : new Reader(text).read()
}

class Reader {
  readonly #text: string
  /** The line that is looked at: where its content begins, how far it is indented (−1: there are no more lines), and where it ends. */
  #first = 0
  #indent = -1
  #end = 0
  /** Inside brackets: what comes next. */
  #at = 0
  #refused = false

  constructor(text: string) {
    this.#text = text
  }

  read(): Fields | undefined {
    this.#advance(0)
    const value = this.#indent === -1 ? undefined : this.#map(this.#indent, 1)
    return this.#refused || this.#indent !== -1 ? undefined : value
  }

  /** Goes to the next line that holds more than a comment. */
  #advance(from: number): void {
    const text = this.#text
    for (let start = from; start < text.length;) {
      const newline = text.indexOf('\n', start)
      const end = newline === -1 ? text.length : newline
      let first = start
      while (text.charCodeAt(first) === 32) first++
      if (first < end && text[first] !== '#') {
        this.#first = first
        this.#indent = first - start
        this.#end = end
        return
      }
      start = end + 1
    }
    this.#indent = -1
  }

  #refuse(): undefined {
    this.#refused = true
    return undefined
  }

  #block(depth: number): unknown {
    if (depth > maxDepth) return this.#refuse()
    return this.#isItem() ? this.#list(this.#indent, depth) : this.#map(this.#indent, depth)
  }

  #map(indent: number, depth: number): Fields {
    const fields: Fields = {}
    while (this.#indent === indent && !this.#refused) {
      const key = this.#key(blockKey, this.#first, fields)
      if (key === undefined) break
      fields[key] = this.#value(blockKey.lastIndex, indent, true, depth)
    }
    if (this.#indent > indent) this.#refuse()
    return fields
  }

  #key(pattern: RegExp, at: number, fields: Fields): string | undefined {
    pattern.lastIndex = at
    const match = pattern.exec(this.#text)
    const key = match?.[1] ?? match?.[2] ?? match?.[3]
    if (key === undefined || (match?.[1] !== undefined && word.test(key)) || forbidden.has(key) || Object.hasOwn(fields, key)) return this.#refuse()
    return flat(key)
  }

  #list(indent: number, depth: number): unknown[] {
    const items: unknown[] = []
    while (this.#indent === indent && this.#isItem() && !this.#refused) {
      const from = this.#skip(this.#first + 1)
      if (this.#holdsBlock(from)) {
        this.#indent = indent + from - this.#first
        this.#first = from
        items.push(this.#block(depth + 1))
      } else items.push(this.#value(this.#first + 1, indent, false, depth))
    }
    if (this.#indent > indent) this.#refuse()
    return items
  }

  #isItem(): boolean {
    const next = this.#first + 1
    return this.#text[this.#first] === '-' && (next >= this.#end || this.#text[next] === ' ')
  }

  /** Whether a map or a list begins in the middle of a line, behind a dash. */
  #holdsBlock(from: number): boolean {
    if (from >= this.#end) return false
    blockKey.lastIndex = from
    return blockKey.test(this.#text) || (this.#text[from] === '-' && (from + 1 >= this.#end || this.#text[from + 1] === ' '))
  }

  /** What stands behind a key or a dash: on the same line, or below it. */
  #value(at: number, indent: number, listMayAlign: boolean, depth: number): unknown {
    const from = this.#skip(at)
    const below = from >= this.#end || this.#text[from] === '#'
    const value = below ? null : this.#inline(from)
    this.#advance(this.#end + 1)
    if (!below) return this.#indent > indent ? this.#refuse() : value
    if (this.#indent > indent || (listMayAlign && this.#indent === indent && this.#isItem())) return this.#block(depth + 1)
    return null
  }

  #skip(from: number): number {
    let at = from
    while (this.#text.charCodeAt(at) === 32) at++
    return at
  }

  #inline(from: number): unknown {
    const char = this.#text[from] ?? ''
    if (char === '"' || char === "'" || char === '{' || char === '[') {
      this.#at = from
      const value = this.#flow(1)
      const rest = this.#skip(this.#at)
      return rest >= this.#end || (rest > this.#at && this.#text[rest] === '#') ? value : this.#refuse()
    }
    const comment = this.#text.indexOf(' #', from)
    const text = this.#text.slice(from, comment === -1 ? this.#end : Math.min(comment, this.#end)).trimEnd()
    if (!plainStart.test(char) || text.includes(': ') || text.endsWith(':') || /^-(?:[ -]|$)/.test(text)) return this.#refuse()
    return this.#scalar(text)
  }

  #scalar(text: string): unknown {
    if (word.test(text)) return text === 'true' ? true : text === 'false' ? false : text === 'null' ? null : this.#refuse()
    if (text === '~') return null
    if (plainNumber.test(text)) return Number(text)
    return number.test(text) ? this.#refuse() : flat(text)
  }

  /** A value inside brackets, or in quotes. */
  #flow(depth: number): unknown {
    const char = this.#text[this.#at]
    if (depth > maxDepth) return this.#refuse()
    if (char === '{') return this.#flowMap(depth)
    if (char === '[') return this.#flowList(depth)
    if (char === '"' || char === "'") return this.#quoted(char)
    flowText.lastIndex = this.#at
    const text = flowText.exec(this.#text)?.[0]
    if (text === undefined) return this.#refuse()
    this.#at += text.length
    return this.#scalar(text)
  }

  #quoted(quote: string): unknown {
    const close = this.#text.indexOf(quote, this.#at + 1)
    const text = this.#text.slice(this.#at + 1, close)
    if (close === -1 || close >= this.#end || (quote === '"' ? text.includes('\\') : this.#text[close + 1] === quote)) return this.#refuse()
    this.#at = close + 1
    return flat(text)
  }

  #flowMap(depth: number): Fields {
    const fields: Fields = {}
    this.#items('}', () => {
      const key = this.#key(flowKey, this.#at, fields)
      if (key === undefined) return
      this.#at = this.#skip(flowKey.lastIndex)
      fields[key] = this.#flow(depth + 1)
    })
    return fields
  }

  #flowList(depth: number): unknown[] {
    const items: unknown[] = []
    this.#items(']', () => items.push(this.#flow(depth + 1)))
    return items
  }

  /** What stands between brackets, with commas between, up to the closing one on the same line. */
  #items(close: string, one: () => void): void {
    this.#at = this.#skip(this.#at + 1)
    while (!this.#refused && this.#text[this.#at] !== close) {
      one()
      this.#at = this.#skip(this.#at)
      if (this.#text[this.#at] === ',') this.#at = this.#skip(this.#at + 1)
      else if (this.#text[this.#at] !== close) this.#refuse()
    }
    this.#at++
    if (this.#at > this.#end) this.#refuse()
  }
}
