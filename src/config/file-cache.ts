import type { SourceFile } from './config.ts'
import { MergeMemo } from './merge-files.ts'
import { parseFile } from './parse-file.ts'
import type { PieceValues } from './parse-file.ts'
import { shareValues } from './share-values.ts'

/**
 * Remembers files between two reads. An unchanged file is not parsed again; in a changed one, every part that is still the same
 * is still the same object. So later stages can tell by identity what is new.
 */
export class FileCache {
  #files = new Map<string, SourceFile>()
  #used = new Map<string, SourceFile>()
  #pieces = new Map<string, PieceValues>()
  readonly #merged = new WeakMap<object, WeakMap<object, unknown>>()
  /** What the files were merged to. */
  readonly merges = new MergeMemo()
  /** Files parsed since the cache was made; unchanged ones do not count. */
  parsed = 0

  get(file: string, text: string): SourceFile {
    const before = this.#used.get(file) ?? this.#files.get(file)
    const unchanged = before !== undefined && before.text === text
    const result = unchanged ? before : this.#parse(file, text, before)
    this.#used.set(file, result)
    return result
  }

  #parse(file: string, text: string, before: SourceFile | undefined): SourceFile {
    this.parsed++
    const { file: parsed, values } = parseFile(file, text, this.#pieces.get(file))
    this.#pieces.set(file, values)
    return before === undefined ? parsed : { ...parsed, value: shareValues(before.value, parsed.value) }
  }

  /** The value made of two objects, made once for as long as both live. */
  merged(base: object, patch: object, make: () => unknown): unknown {
    const known = this.#merged.get(base) ?? new WeakMap<object, unknown>()
    this.#merged.set(base, known)
    if (!known.has(patch)) known.set(patch, make())
    return known.get(patch)
  }

  /** Ends a read: files that it did not name are forgotten. A broken file keeps its last good value, so that mending it brings the same objects back. */
  commit(): void {
    for (const [file, { value }] of this.#used) {
      const before = this.#files.get(file)
      if (value === undefined && before?.value !== undefined) this.#used.set(file, before)
    }
    for (const file of this.#pieces.keys()) if (!this.#used.has(file)) this.#pieces.delete(file)
    this.#files = this.#used
    this.#used = new Map()
  }
}
