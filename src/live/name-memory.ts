import { readFile } from 'node:fs/promises'
import { writeFileAtomically } from '../lib/write-file-atomically.ts'
import type { Clock } from '../xds/clock.ts'

type Known = ReadonlyMap<string, readonly string[]>

/** How long changes are gathered before they are written, in milliseconds. */
const pauseMs = 500

/** Keeps the last good addresses of names in a file: a control plane that starts while no name server answers must not take endpoints away. */
export class NameMemory {
  readonly #path: string
  readonly #clock: Clock
  #cancel: (() => void) | undefined
  #writing: Promise<void> = Promise.resolve()

  constructor(path: string, clock: Clock) {
    this.#path = path
    this.#clock = clock
  }

  /** What was kept; nothing when there is no such file, or none that can be read. */
  async load(): Promise<Known> {
    try {
      const entries = Object.entries(JSON.parse(await readFile(this.#path, 'utf8')) as Record<string, unknown>)
      return new Map(entries.flatMap(([host, found]) => (Array.isArray(found) && found.every(isText) ? [[host, found] as const] : [])))
    } catch {
      return new Map() // it is a help, not a need
    }
  }

  /** Writes what `known` gives in a moment. A disk that is full costs this file, nothing else. */
  save(known: () => Known): void {
    this.#cancel ??= this.#clock.after(pauseMs, () => {
      this.#cancel = undefined
      this.#writing = this.#writing.then(() => this.#write(known()))
    })
  }

  async close(): Promise<void> {
    this.#cancel?.()
    await this.#writing
  }

  #write(known: Known): Promise<void> {
    return writeFileAtomically(this.#path, `${JSON.stringify(Object.fromEntries(known))}\n`, 0o600).catch(() => undefined)
  }
}

function isText(value: unknown): value is string {
  return typeof value === 'string'
}
