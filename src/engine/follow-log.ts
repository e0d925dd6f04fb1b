import { type FileHandle, open, rename, rm } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { lineSplitter } from '../lib/line-splitter.ts'

export interface FollowLogOptions {
  readonly path: string
  readonly onLine: (line: string) => void
  /** Asks the writers to open the file anew, because the one that they have was moved away. */
  readonly reopen: () => void
  /** Size from which the file is exchanged; default 16 MiB. Twice this is the most that it takes on the disk, if lines do not come faster than they are read. */
  readonly maxBytes?: number
  readonly pauseMs?: number
}

/** A file is read for so many pauses after it was moved away: each writer goes on with it until it gets round to opening the new one. */
const pausesAside = 20

/**
 * Hands out the lines of a log file as they are written, and keeps the file small. A pipe would be simpler, but a reader that stalls would then stall
 * the workers of the proxy; a file never does.
 */
export class LogFollower {
  readonly #options: FollowLogOptions
  readonly #stopping = new AbortController()
  readonly #done: Promise<void>
  #current: Tail
  /** The file before, and how often it is still read before the next exchange. */
  #aside: Tail | undefined
  #left = 0

  constructor(options: FollowLogOptions) {
    this.#options = options
    this.#current = new Tail(options)
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
      await this.#aside?.read()
      await this.#current.read()
      if (this.#current.position > maxBytes && this.#left <= 0) await this.#exchange()
      this.#left--
      await delay(pauseMs, undefined, { signal: this.#stopping.signal, ref: false }).catch(() => undefined) // stopped meanwhile
    }
    await this.#aside?.end()
    await this.#current.end()
    await rm(this.#asidePath(), { force: true })
  }

  async #exchange(): Promise<void> {
    await this.#aside?.end()
    await rename(this.#options.path, this.#asidePath())
    this.#options.reopen()
    this.#aside = this.#current
    this.#current = new Tail(this.#options)
    this.#left = pausesAside
  }

  #asidePath(): string {
    return `${this.#options.path}.old`
  }
}

/** Reads a file from its begin to wherever its end is. */
class Tail {
  readonly #path: string
  readonly #lines: ReturnType<typeof lineSplitter>
  readonly #buffer = Buffer.alloc(64 * 1024)
  #file: FileHandle | undefined
  position = 0

  constructor({ path, onLine }: FollowLogOptions) {
    this.#path = path
    this.#lines = lineSplitter(onLine)
  }

  /** Everything up to the present end. A file that is not there yet, or cannot be read, has nothing to tell. */
  async read(): Promise<void> {
    this.#file ??= await open(this.#path, 'r').catch(() => undefined)
    for (;;) {
      const { bytesRead } = (await this.#file?.read(this.#buffer, 0, this.#buffer.length, this.position).catch(() => undefined)) ?? { bytesRead: 0 }
      if (bytesRead === 0) return
      this.position += bytesRead
      this.#lines.write(this.#buffer.subarray(0, bytesRead))
    }
  }

  /** Reads what is left, and closes the file. */
  async end(): Promise<void> {
    await this.read()
    this.#lines.end()
    await this.#file?.close()
  }
}
