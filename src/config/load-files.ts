import { dirname, isAbsolute, join, normalize } from 'node:path'
import type { Diagnostic, Place } from '../diagnostics/diagnostic.ts'
import type { SourceFile } from './config.ts'
import type { FileCache } from './file-cache.ts'
import type { Files } from './files.ts'

/** One include that named a file. */
interface Wish {
  readonly file: string
  readonly at: Place
}

/** Reads a file and everything that it includes, depth first, each file once. */
export class Loader {
  readonly files = new Map<string, SourceFile>()
  readonly diagnostics: Diagnostic[] = []
  readonly watched: string[] = []
  readonly #port: Files
  readonly #cache: FileCache
  /** Which include a file was read for. */
  readonly #from = new Map<string, Place>()

  constructor(port: Files, cache: FileCache) {
    this.#port = port
    this.#cache = cache
  }

  /** Reads one file without its includes; undefined and a finding when that cannot be done. */
  async readOne(file: string, at?: Place, help?: string): Promise<SourceFile | undefined> {
    this.watched.push(file)
    const result = await this.#port.read(file)
    if (!('text' in result)) {
      const code = result.missing ? 'config/missing-file' : 'config/unreadable-file'
      this.diagnostics.push({
        code,
        severity: 'error',
        message: `${file} ${result.problem}`,
        at: at ?? { file, path: [], side: 'value' },
        ...(result.missing && help !== undefined && { help }),
      })
      return undefined
    }
    const parsed = this.#cache.get(file, result.text)
    this.files.set(file, parsed)
    this.diagnostics.push(...parsed.diagnostics)
    return parsed
  }

  async load(file: string, at?: Place, chain: readonly string[] = []): Promise<void> {
    const parsed = await this.readOne(file, at, at === undefined ? 'name the file, or write a first one with `sluice init`' : undefined)
    if (!parsed) return
    for (const wish of await this.#wishes(parsed)) {
      const cycle = [...chain, file].indexOf(wish.file)
      if (cycle !== -1) {
        const loop = [...chain, file, wish.file].slice(cycle).join(' → ')
        this.#error('config/include-cycle', `files include each other: ${loop}`, wish.at, 'remove one of the includes')
        continue
      }
      const before = this.#from.get(wish.file)
      if (before) {
        this.diagnostics.push({
          code: 'config/included-twice',
          severity: 'error',
          message: `${wish.file} is included twice`,
          at: wish.at,
          related: [{ message: 'first here', at: before }],
          help: 'include it in one place',
        })
        continue
      }
      this.#from.set(wish.file, wish.at)
      await this.load(wish.file, wish.at, [...chain, file])
    }
  }

  /** What the `include` of a file names, in the order written, the matches of a pattern sorted; overlapping patterns name a file once. */
  async #wishes({ file, value }: SourceFile): Promise<readonly Wish[]> {
    const include = typeof value === 'object' && value !== null && 'include' in value ? value.include : undefined
    if (include === undefined) return []
    if (!Array.isArray(include)) {
      this.#error(
        'config/bad-include',
        '`include` must be a list of files and patterns',
        { file, path: ['include'], side: 'value' },
        'write `include: [routes/*.yaml]`',
      )
      return []
    }
    const wishes = new Map<string, Wish>()
    for (const [index, pattern] of include.entries()) {
      const at: Place = { file, path: ['include', index], side: 'value' }
      for (const found of await this.#matches(file, pattern, at)) if (!wishes.has(found)) wishes.set(found, { file: found, at })
    }
    return [...wishes.values()]
  }

  async #matches(file: string, pattern: unknown, at: Place): Promise<readonly string[]> {
    if (typeof pattern !== 'string' || pattern === '' || pattern.includes('${')) {
      this.#error('config/bad-include', 'an include must be the path of a file or a pattern, without variables', at)
      return []
    }
    const path = isAbsolute(pattern) ? normalize(pattern) : join(dirname(file), pattern)
    if (!/[*?[\]{}]/.test(pattern)) return [path]
    this.watched.push(path)
    const found = await this.#port.glob(path)
    if (found.length === 0) {
      this.diagnostics.push({
        code: 'config/empty-include',
        severity: 'warning',
        message: `no file matches "${pattern}"`,
        at,
        help: `looked for ${path}`,
      })
    }
    return found
  }

  #error(code: string, message: string, at: Place, help?: string): void {
    this.diagnostics.push({ code, severity: 'error', message, at, help })
  }
}
