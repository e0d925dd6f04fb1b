import { type FSWatcher, watch } from 'chokidar'
import { stat } from 'node:fs/promises'
import type { Clock } from '../xds/clock.ts'
import { type Directories, directoriesOf } from './watched-directories.ts'

export interface WatchOptions {
  /** Something may have changed; called often, also for nothing. */
  readonly changed: () => void
  /** The watch is not what it should be; it goes on by looking at intervals. */
  readonly problem: (message: string) => void
  readonly clock: Clock
  /** Makes the watcher of one directory; for tests of its failures. */
  readonly open?: typeof openDirectory
  /** Interval of the look that catches what the system did not tell, in milliseconds; default 2,000. */
  readonly sweepMs?: number
  /** The same while the system's notices do not work; default 250. */
  readonly pollMs?: number
}

/** Watches the directories of a changing set of files. It never ends by itself, whatever the file system says. */
export interface FileWatch {
  /** Files and patterns to watch from now on. Resolves when the watch stands. */
  follow(watched: readonly string[]): Promise<void>
  close(): Promise<void>
}

interface Watched {
  readonly identity: string
  readonly watcher: DirectoryWatch
}

export interface DirectoryWatch {
  readonly ready: Promise<void>
  close(): Promise<void>
}

export function watchFiles(options: WatchOptions): FileWatch {
  return new DirectoriesWatch(options)
}

class DirectoriesWatch implements FileWatch {
  readonly #options: WatchOptions
  readonly #open: Map<string, Watched> = new Map()
  #names: Directories = new Map()
  #paths: readonly string[] = []
  #polling = false
  #closed = false
  #cancel: () => void = () => {}
  #tail: Promise<void> = Promise.resolve()

  constructor(options: WatchOptions) {
    this.#options = options
    this.#sweep()
  }

  follow(watched: readonly string[]): Promise<void> {
    this.#paths = watched
    return (this.#tail = this.#tail.then(() => this.#follow()))
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#cancel()
    await this.#tail
    await Promise.all([...this.#open.values()].map(({ watcher }) => watcher.close()))
    this.#open.clear()
  }

  async #follow(): Promise<void> {
    if (this.#closed) return
    const names = await directoriesOf(this.#paths)
    this.#names = names
    const identities = new Map<string, string>()
    for (const directory of names.keys()) identities.set(directory, await identityOf(directory))
    for (const [directory, { identity, watcher }] of this.#open) {
      if (identities.get(directory) === identity) continue
      this.#open.delete(directory)
      await watcher.close()
    }
    const fresh = [...identities].filter(([directory]) => !this.#open.has(directory))
    for (const [directory, identity] of fresh) {
      const open = this.#options.open ?? openDirectory
      const watcher = open(
        directory,
        (name) => this.#heard(directory, name),
        (error) => this.#failed(directory, error),
      )
      this.#open.set(directory, { identity, watcher })
    }
    for (const [directory] of fresh) await this.#open.get(directory)?.watcher.ready
    // Between the look at a directory and the begin of its watch, anything may have happened.
    if (fresh.length > 0 && !this.#closed) this.#options.changed()
  }

  #heard(directory: string, name: string | undefined): void {
    const wanted = this.#names.get(directory)
    if (this.#closed || !wanted) return
    if (wanted === 'any' || name === undefined || wanted.has(name)) this.#options.changed()
  }

  #failed(directory: string, error: unknown): void {
    const text = error instanceof Error ? error.message : String(error)
    if (!this.#polling)
      this.#options.problem(`${directory} cannot be watched, so files are looked at every ${this.#options.pollMs ?? 250} ms instead: ${text}`)
    this.#polling = true
    this.#sweep()
  }

  #sweep(): void {
    this.#cancel()
    if (this.#closed) return
    this.#cancel = this.#options.clock.after(this.#polling ? (this.#options.pollMs ?? 250) : (this.#options.sweepMs ?? 2_000), () => {
      this.#options.changed()
      this.#sweep()
    })
  }
}

/** Watches one directory, not what is below it. `heard` gets the name of the entry that changed, if the system tells. */
export function openDirectory(directory: string, heard: (name: string | undefined) => void, failed: (error: unknown) => void): DirectoryWatch {
  // Entries are left out, or each would be watched by itself; what happens to them is heard through the directory.
  const watcher: FSWatcher = watch(directory, { depth: 0, ignoreInitial: true, ignored: (path) => path !== directory })
  const ready = new Promise<void>((resolve) => {
    watcher.once('ready', () => resolve())
    watcher.once('error', () => resolve())
  })
  watcher.on('raw', (_event, name) => heard(typeof name === 'string' && name !== '' ? name : undefined))
  watcher.on('error', failed)
  return { ready, close: () => watcher.close() }
}

async function identityOf(directory: string): Promise<string> {
  try {
    const { dev, ino, birthtimeNs } = await stat(directory, { bigint: true })
    return `${dev}:${ino}:${birthtimeNs}`
  } catch {
    return 'gone' // the next look finds what is there then
  }
}
