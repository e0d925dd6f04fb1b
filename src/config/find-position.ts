import { LineCounter, isAlias, isMap, isPair, isScalar, isSeq, parseDocument } from 'yaml'
import type { Document } from 'yaml'
import type { Path, Place } from '../diagnostics/diagnostic.ts'
import type { FindPosition, Position } from '../diagnostics/position.ts'
import type { SourceFile } from './config.ts'
import { positionOfRange } from './text-position.ts'

/** How many parsed files are kept while findings are printed; findings are printed file by file. */
const keptDocuments = 2

type Range = readonly [start: number, end: number]

/**
 * Finds places in the kept texts, parsing a file again when its first position is asked for.
 * A path that does not exist (a missing key) is shown at the key of the nearest parent that does.
 */
export function createFindPosition(files: ReadonlyMap<string, Pick<SourceFile, 'text' | 'pieces'>>): FindPosition {
  const documents = new Map<string, Document>()
  const parsed = (key: string, text: string): Document => {
    const known = documents.get(key)
    if (known) return known
    const oldest = documents.size >= keptDocuments ? documents.keys().next().value : undefined
    if (oldest !== undefined) documents.delete(oldest)
    const document = parseDocument(text, { uniqueKeys: false, prettyErrors: false, logLevel: 'silent', lineCounter: new LineCounter() })
    documents.set(key, document)
    return document
  }
  return (place: Place): Position | undefined => {
    const file = files.get(place.file)
    if (!file) return undefined
    const { text, pieces } = file
    if (place.offset !== undefined) return positionOfRange(text, [place.offset, wordEnd(text, place.offset)])
    const piece = pieces?.find(({ section, keys }) => holds(section, keys, place.path))
    if (!piece) return positionOfRange(text, rangeOf(parsed(place.file, text), place.path, place.side) ?? [0, 0])
    const document = parsed(`${place.file}:${piece.start}`, text.slice(piece.start, piece.end))
    const [from, to] = rangeOf(document, piece.section === undefined ? place.path : place.path.slice(1), place.side) ?? [0, 0]
    return positionOfRange(text, [from + piece.start, to + piece.start])
  }
}

/** Whether a piece of a file holds a path. */
function holds(section: string | undefined, keys: readonly string[], [first, second]: Path): boolean {
  if (typeof first !== 'string') return false
  return section === undefined ? keys.includes(first) : section === first && typeof second === 'string' && keys.includes(second)
}

/** A syntax error has no node; the word that begins there is marked. */
function wordEnd(text: string, offset: number): number {
  const quoted = /^(?:"(?:[^"\\\n]|\\.)*"|'[^'\n]*'|(?:\$\{[^}\n]*\}|\{[^}\n]*\}|[^\s,:[\]{}"'#])+|\S)/.exec(text.slice(offset, offset + 200))
  return offset + (quoted?.[0].length ?? 1)
}

function rangeOf(document: Document, path: Path, side: 'key' | 'value'): Range | undefined {
  let node: unknown = document.contents
  let key: unknown
  for (const part of path) {
    const inner = step(document, node, part)
    if (!inner) return nodeRange(key) ?? nodeRange(node)
    key = inner.key
    node = inner.value
  }
  return side === 'key' && key !== undefined ? nodeRange(key) : (nodeRange(node) ?? nodeRange(key))
}

/** One step down, through aliases and merge keys. */
function step(document: Document, from: unknown, part: string | number): { key: unknown; value: unknown } | undefined {
  const node = isAlias(from) ? from.resolve(document) : from
  if (isSeq(node)) return typeof part === 'number' && part < node.items.length ? { key: undefined, value: node.items[part] } : undefined
  if (!isMap(node)) return undefined
  const named = node.items.find((pair) => isScalar(pair.key) && pair.key.value === part)
  if (named) return { key: named.key, value: named.value }
  for (const pair of node.items) {
    if (!isPair(pair) || !isScalar(pair.key) || pair.key.value !== '<<') continue
    const value = isAlias(pair.value) ? pair.value.resolve(document) : pair.value
    for (const source of isSeq(value) ? value.items : [value]) {
      const found = step(document, source, part)
      if (found) return found
    }
  }
  return undefined
}

function nodeRange(node: unknown): Range | undefined {
  const range = typeof node === 'object' && node !== null && 'range' in node ? node.range : undefined
  return Array.isArray(range) ? [Number(range[0]), Number(range[1])] : undefined
}
