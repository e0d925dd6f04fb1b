import { open, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type Decoded, decode, encode, type Saved } from './saved.ts'
import { makeDirectory } from '../lib/make-directory.ts'

/** The newest state first. */
const generations = ['last-good.json', 'last-good.1.json'] as const

export interface Loaded extends Decoded {
  readonly generation: 0 | 1
}

/** Keeps what was published last, and the one before, in a directory. Nothing here throws: a full or read-only disk must not end the serving. */
export class LastGood {
  readonly #directory: string
  readonly #problem: (message: string) => void
  /** Checksum of the newest generation, when it is known to be whole. */
  #newest: string | undefined
  #next: { readonly saved: Saved; readonly now: number } | undefined
  #writing: Promise<void> | undefined
  #writes = 0

  /** `problem` hears a sentence when the directory or a file in it is not as it should be. */
  constructor(directory: string, problem: (message: string) => void) {
    this.#directory = directory
    this.#problem = problem
  }

  /** Every generation that is whole, the newest first. */
  async load(): Promise<readonly Loaded[]> {
    const found: Loaded[] = []
    for (const generation of [0, 1] as const) {
      const file = join(this.#directory, generations[generation])
      try {
        const decoded = decode(await readFile(file, 'utf8'))
        if (generation === 0) this.#newest = decoded.checksum
        found.push({ ...decoded, generation })
      } catch (error) {
        if (!isMissing(error)) this.#problem(`${file} is not usable: ${message(error)}`)
      }
    }
    return found
  }

  /** Writes in the background; of several at once only the last is kept. */
  save(saved: Saved, now: number): void {
    this.#next = { saved, now }
    this.#writing ??= this.#drain()
  }

  /** Resolves when everything that was saved is on the disk, or could not be written. */
  async flush(): Promise<void> {
    await this.#writing
  }

  async #drain(): Promise<void> {
    // What was published goes out first: a large text takes longer to write down than to send what changed in it.
    await new Promise((resolve) => setImmediate(resolve))
    for (let next = this.#take(); next; next = this.#take()) {
      try {
        await this.#write(next.saved, next.now)
      } catch (error) {
        this.#problem(`the last good state cannot be kept in ${this.#directory}: ${message(error)}`)
      }
    }
    this.#writing = undefined
  }

  #take(): { readonly saved: Saved; readonly now: number } | undefined {
    const next = this.#next
    this.#next = undefined
    return next
  }

  async #write(saved: Saved, now: number): Promise<void> {
    const { text, checksum } = encode(saved, now)
    if (checksum === this.#newest) return
    await makeDirectory(this.#directory, 0o700)
    const [newest, older] = generations.map((name) => join(this.#directory, name)) as [string, string]
    const aside = join(this.#directory, `${generations[0]}.${process.pid}.${++this.#writes}.new`)
    try {
      await writeThrough(aside, text)
      // A newest that is broken must not push out an older one that is whole.
      if (this.#newest !== undefined) await rename(newest, older).catch(ignoreMissing)
      await rename(aside, newest)
    } catch (error) {
      await rm(aside, { force: true })
      throw error
    }
    this.#newest = checksum
    await syncDirectory(this.#directory)
  }
}

async function writeThrough(path: string, text: string): Promise<void> {
  await using file = await open(path, 'wx', 0o600)
  await file.writeFile(text)
  await file.sync()
}

/** Makes the renames last over a power cut. */
async function syncDirectory(path: string): Promise<void> {
  await using directory = await open(path, 'r')
  await directory.sync()
}

function ignoreMissing(error: unknown): void {
  if (!isMissing(error)) throw error
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT'
}

const message = (error: unknown): string => (error instanceof Error ? error.message : String(error))
