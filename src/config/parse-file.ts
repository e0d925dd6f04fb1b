import { contentHash } from '../lib/content-hash.ts'
import type { SourceFile } from './config.ts'
import { isFields } from './is-fields.ts'
import { parseYaml } from './parse-yaml.ts'
import { readPlainYaml } from './read-plain-yaml.ts'
import { splitYaml } from './split-yaml.ts'
import type { Piece } from './split-yaml.ts'

/** From this size on a file is parsed in pieces. */
const largeFile = 64 * 1024

/** Values of pieces by the hash of their text. */
export type PieceValues = ReadonlyMap<string, unknown>

/**
 * Parses one file into plain data; positions are found again from `text`. The YAML library reads only what is not plain enough for `readPlainYaml`.
 * A large file is parsed piece by piece, and pieces whose value is known are not parsed; when a piece has a finding, the file is parsed as a whole.
 */
export function parseFile(
  file: string,
  text: string,
  known: PieceValues = new Map(),
  splitFrom = largeFile,
): { file: SourceFile; values: PieceValues } {
  const split = text.length >= splitFrom ? splitYaml(text) : undefined
  const joined = split && parsePieces(file, text, split, known)
  if (!split || !joined) return { file: parseWhole(file, text), values: new Map() }
  return { file: { file, text, hash: contentHash(text), value: joined.value, diagnostics: [], pieces: split }, values: joined.values }
}

function parsePieces(file: string, text: string, split: readonly Piece[], known: PieceValues): { value: unknown; values: PieceValues } | undefined {
  const value: Record<string, unknown> = {}
  const values = new Map<string, unknown>()
  for (const piece of split) {
    const part = text.slice(piece.start, piece.end)
    const hash = contentHash(part)
    const found = known.get(hash) ?? pieceValue(file, part)
    if (found === undefined) return undefined
    values.set(hash, found)
    if (piece.section !== undefined && !Object.hasOwn(value, piece.section)) value[piece.section] = {}
    const into = piece.section === undefined ? value : value[piece.section]
    if (!isFields(into) || !isFields(found)) return undefined
    for (const [key, inner] of Object.entries(found)) {
      if (Object.hasOwn(into, key)) return undefined
      into[key] = inner
    }
  }
  return { value, values }
}

function pieceValue(file: string, part: string): unknown {
  const plain = readPlainYaml(part)
  if (plain) return plain
  const parsed = parseYaml(file, part)
  return parsed.diagnostics.length === 0 ? parsed.value : undefined
}

function parseWhole(file: string, text: string): SourceFile {
  const value = readPlainYaml(text)
  return value ? { file, text, hash: contentHash(text), value, diagnostics: [] } : parseYaml(file, text)
}
