import { type FileHandle, open, rename, rm, stat } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { lineSplitter } from '../lib/line-splitter.ts'

export interface FollowLogOptions {
  readonly path: string
  readonly onLine: (line: string) => void
  /** Asks the writer to open the file anew, because the one that it has was moved away. */
  readonly reopen: () => void
  /** Size from which the file is exchanged; default 16 MiB. Twice this is the most that it takes on the disk, if lines do not come faster than they are read. */
  readonly maxBytes?: number
  readonly pauseMs?: number
}

/**
 * Hands out the lines of a log file as they are written, and keeps the file small. A pipe would be simpler, but a reader that stalls would then stall
 * the workers of the proxy; a file never does.
 */
export class LogFollower {
  readonly #options: FollowLogOptions
  readonly #buffer = Buffer.alloc(64 * 1024)
  readonly #stopping = new AbortController()
  readonly #done: Promise<void>
  #lines: ReturnType<typeof lineSplitter>
  #file: FileHandle | undefined
  #position = 0

  constructor(options: FollowLogOptions) {
    this.#options = options
    this.#lines = lineSplitter(options.onLine)
    this.#done = this.#follow()
  }

  /** Reads what is there now, and ends. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#done
  }

  async #follow(): Promise<void> {
    const { maxBytes = 16 * 1024 * 1024, pauseMs = 200 } = this.#options
    while (!this.#stopping.signal.aborted) {
      await this.#read()
      if (this.#position > maxBytes) await this.#exchange()
      await delay(pauseMs, undefined, { signal: this.#stopping.signal, ref: false }).catch(() => undefined) // stopped meanwhile
    }
    await this.#read()
    this.#lines.end()
    await this.#file?.close()
  }

  /** Everything up to the present end. A file that is not there yet, or cannot be read, has nothing to tell. */
  async #read(): Promise<void> {
    this.#file ??= await open(this.#options.path, 'r').catch(() => undefined)
    for (;;) {
      const { bytesRead } = (await this.#file?.read(this.#buffer, 0, this.#buffer.length, this.#position).catch(() => undefined)) ?? { bytesRead: 0 }
      if (bytesRead === 0) return
      this.#position += bytesRead
      this.#lines.write(this.#buffer.subarray(0, bytesRead))
    }
  }

  async #exchange(): Promise<void> {
    const { path, reopen, pauseMs = 200 } = this.#options
    const aside = `${path}.old`
    await rename(path, aside)
    reopen()
    // The writer goes on with the old file until it has opened the new one.
    for (let waited = 0; waited < 50 && !(await exists(path)); waited++) await delay(pauseMs / 10)
    await delay(pauseMs)
    await this.#read()
    this.#lines.end()
    this.#lines = lineSplitter(this.#options.onLine)
    await this.#file?.close()
    this.#file = undefined
    this.#position = 0
    await rm(aside, { force: true })
  }
}

function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}
