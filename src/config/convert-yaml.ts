import { isAlias, isMap, isScalar, isSeq } from 'yaml'
import type { Alias, Pair, Scalar, YAMLMap } from 'yaml'
import type { Diagnostic, Path } from '../diagnostics/diagnostic.ts'
import { flat } from './flat.ts'
import { maxAliasNodes } from './yaml-limits.ts'

type Fields = Record<string, unknown>
type Report = (code: string, message: string, offset: number, path: Path, more?: Partial<Diagnostic>) => void
interface Anchor {
  value: unknown
  /** Nodes of the value with all aliases expanded. */
  size: number
  open: boolean
}

const forbiddenKeys = new Set(['__proto__', 'constructor', 'prototype'])
const standardTags = new Set(['str', 'int', 'float', 'bool', 'null', 'map', 'seq'].map((name) => `tag:yaml.org,2002:${name}`))
const oldBoolean = /^(y|n|yes|no|on|off)$/i

/** Thrown when aliases expand to more than is sane; nothing of the file is used then. */
export class AliasBomb extends Error {
  readonly offset: number
  constructor(offset: number) {
    super('aliases expand to too many nodes')
    this.offset = offset
  }
}

/** Turns the nodes of one document into plain values. Aliases become the same object as their anchor; `<<` is merged in. */
export class Converter {
  readonly #report: Report
  readonly #place: (offset: number, path: Path, side: 'key' | 'value') => NonNullable<Diagnostic['at']>
  readonly #anchors = new Map<string, Anchor>()
  readonly #path: (string | number)[] = []
  #written = 0
  #aliased = 0

  constructor(report: Report, place: (offset: number, path: Path, side: 'key' | 'value') => NonNullable<Diagnostic['at']>) {
    this.#report = report
    this.#place = place
  }

  convert(node: unknown): unknown {
    this.#written++
    if (isAlias(node)) return this.#alias(node)
    if (!isScalar(node) && !isMap(node) && !isSeq(node)) return null
    this.#checkTag(node)
    if (!node.anchor) return this.#plain(node)
    const anchor: Anchor = { value: undefined, size: 0, open: true }
    this.#anchors.set(node.anchor, anchor)
    const before = this.#written + this.#aliased
    anchor.value = this.#plain(node)
    anchor.size = this.#written + this.#aliased - before + 1
    anchor.open = false
    return anchor.value
  }

  #plain(node: unknown): unknown {
    if (isMap(node)) return this.#map(node)
    if (isSeq(node)) {
      return node.items.map((item, index) => {
        this.#path.push(index)
        const value = this.convert(item)
        this.#path.pop()
        return value
      })
    }
    return isScalar(node) ? this.#scalar(node) : null
  }

  #scalar(node: Scalar): unknown {
    if (typeof node.value !== 'string') return node.value
    if (node.type === 'PLAIN' && oldBoolean.test(node.value)) this.#oldBoolean(node, node.value, 'value')
    if (!node.value.isWellFormed()) this.#halfCharacter(offsetOf(node))
    return flat(node.value)
  }

  #halfCharacter(offset: number): void {
    const help = 'write the character itself, or both halves (`"\\ud83d\\ude00"`)'
    this.#report('yaml/half-character', 'the text holds one half of a character, which no program can read', offset, this.#path, { help })
  }

  #oldBoolean(node: Scalar, text: string, side: 'key' | 'value'): void {
    const help = side === 'key' ? `quote it: "${text}"` : `write true or false, or quote it: "${text}"`
    const at = this.#place(offsetOf(node), [...this.#path], side)
    this.#report('yaml/old-boolean', `"${text}" is a boolean to many YAML readers and text to others`, offsetOf(node), this.#path, { help, at })
  }

  #map(node: YAMLMap): Fields {
    const fields: Fields = {}
    const first = new Map<string, number>()
    const merges: Pair[] = []
    for (const pair of node.items) {
      if (isScalar(pair.key) && pair.key.value === '<<' && pair.key.type === 'PLAIN') {
        merges.push(pair)
        continue
      }
      const key = this.#key(pair.key, offsetOf(node))
      if (key === undefined) continue
      this.#path.push(key)
      this.#pair(fields, first, key, pair)
      this.#path.pop()
    }
    for (const pair of merges) this.#merge(fields, pair)
    return fields
  }

  #pair(fields: Fields, first: Map<string, number>, key: string, pair: Pair): void {
    const offset = offsetOf(pair.key)
    const value = this.convert(pair.value)
    const before = first.get(key)
    if (before === undefined) {
      first.set(key, offset)
      fields[key] = value
      return
    }
    const related = [{ message: 'first here', at: this.#place(before, [...this.#path], 'key') }]
    this.#report('yaml/duplicate-key', `key "${key}" is written twice`, offset, this.#path, { related, help: 'remove one of the two' })
  }

  #key(key: unknown, fallback: number): string | undefined {
    const offset = offsetOf(key) || fallback
    if (!isScalar(key)) {
      this.#report('yaml/key-not-text', 'a key must be text, not a map, a list or an alias', offset, this.#path, {
        help: 'if braces or a "*" are part of the text, quote it',
      })
      return undefined
    }
    this.#checkTag(key)
    if (key.anchor) this.#anchors.set(key.anchor, { value: key.value, size: 1, open: false })
    if (typeof key.value !== 'string') {
      const text = key.source ?? String(key.value)
      this.#report('yaml/key-not-text', `key ${text === '' ? '(empty)' : text} is not text`, offset, this.#path, { help: `quote it: "${text}"` })
      return undefined
    }
    if (forbiddenKeys.has(key.value)) {
      this.#report('yaml/forbidden-key', `key "${key.value}" is reserved`, offset, this.#path, { help: 'use another name' })
      return undefined
    }
    if (key.type === 'PLAIN' && oldBoolean.test(key.value)) this.#oldBoolean(key, key.value, 'key')
    if (!key.value.isWellFormed()) this.#halfCharacter(offset)
    return key.value
  }

  #alias(node: Alias): unknown {
    const anchor = this.#anchors.get(node.source)
    const offset = offsetOf(node)
    if (!anchor) {
      const help = `if "*" is part of the text, quote this: "*${node.source}"; an alias needs "&${node.source}" before it`
      this.#report('yaml/quote-this', `YAML reads *${node.source} as an alias, and no anchor has that name`, offset, this.#path, { help })
      return `*${node.source}`
    }
    if (anchor.open) {
      this.#report('yaml/alias-cycle', `*${node.source} stands inside the value that it repeats`, offset, this.#path, { help: 'remove the alias' })
      return null
    }
    this.#aliased += anchor.size
    if (this.#aliased > maxAliasNodes(this.#written)) throw new AliasBomb(offset)
    return anchor.value
  }

  #merge(fields: Fields, pair: Pair): void {
    const value = this.convert(pair.value)
    for (const source of Array.isArray(value) ? (value as unknown[]) : [value]) {
      if (typeof source !== 'object' || source === null || Array.isArray(source)) {
        this.#report('yaml/bad-merge', '"<<" needs a map, an alias of a map, or a list of these', offsetOf(pair.key), this.#path)
        continue
      }
      for (const [key, inner] of Object.entries(source)) if (!Object.hasOwn(fields, key)) fields[key] = inner
    }
  }

  #checkTag(node: { tag?: string | undefined; range?: readonly number[] | null | undefined }): void {
    if (node.tag === undefined || standardTags.has(node.tag)) return
    const tag = node.tag.replace('tag:yaml.org,2002:', '!!')
    this.#report('yaml/custom-tag', `tag ${tag} is not known`, node.range?.[0] ?? 0, this.#path, {
      help: 'remove it, or quote the value if "!" is part of the text',
    })
  }
}

function offsetOf(node: unknown): number {
  const range = typeof node === 'object' && node !== null && 'range' in node ? node.range : undefined
  return Array.isArray(range) ? Number(range[0]) : 0
}
