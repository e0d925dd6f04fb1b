import { setTimeout as delay } from 'node:timers/promises'
import type { EngineProcess } from './engine-process.ts'

/** Pause before a restart: doubles from `initialMs` (200) to `maxMs` (10,000) and starts anew after `stableMs` (30,000) of life. */
export interface Backoff {
  readonly initialMs?: number
  readonly maxMs?: number
  readonly stableMs?: number
}

export interface KeepOptions {
  /** Starts the proxy. Synchronous, so that `stop` sees either the old process or the new one. */
  readonly spawn: () => EngineProcess
  readonly say: (what: string) => void
  /** The process ended although nobody stopped it; called before the pause. */
  readonly crashed?: (process: EngineProcess) => void
  /** Called once, when nothing runs any more. */
  readonly over: () => Promise<void>
  readonly backoff?: Backoff | undefined
}

/** Starts a process again whenever it ends, until it is stopped. */
export class KeptRunning {
  /** How often it had to be started again. */
  restarts = 0
  /** Resolves when nothing runs any more, after `stop`. */
  readonly ended: Promise<void>
  readonly #options: KeepOptions
  readonly #stopping = new AbortController()
  #end: () => void = () => {}
  #process: EngineProcess | undefined
  #stopped: Promise<void> | undefined

  constructor(options: KeepOptions) {
    this.#options = options
    this.ended = new Promise((resolve) => (this.#end = resolve))
  }

  /** Process id now; undefined between a crash and the restart. */
  get pid(): number | undefined {
    return this.#process?.pid
  }

  get stopping(): boolean {
    return this.#stopping.signal.aborted
  }

  /** The first start. Whether it came up is for the caller to see, who then calls `keep`. */
  first(): EngineProcess {
    return (this.#process = this.#options.spawn())
  }

  keep(first: EngineProcess): void {
    void this.#keep(first)
  }

  /** `drain` gets the process that runs, if any does, and ends it. Safe to call twice. */
  stop(drain: (process: EngineProcess) => Promise<void>): Promise<void> {
    this.#stopped ??= this.#stop(drain)
    return this.#stopped
  }

  async #stop(drain: (process: EngineProcess) => Promise<void>): Promise<void> {
    this.#stopping.abort()
    if (this.#process) await drain(this.#process)
    await this.ended
  }

  async #keep(first: EngineProcess): Promise<void> {
    const { spawn, say, crashed, over, backoff = {} } = this.#options
    const { initialMs = 200, maxMs = 10_000, stableMs = 30_000 } = backoff
    let pause = initialMs
    let current = first
    for (;;) {
      const since = performance.now()
      const how = await current.exited
      this.#process = undefined
      if (this.stopping) break
      crashed?.(current)
      if (performance.now() - since >= stableMs) pause = initialMs
      say(`the proxy ended (${how}); starting it again in ${pause} ms`)
      await delay(pause, undefined, { signal: this.#stopping.signal }).catch(() => undefined) // stopped while waiting
      if (this.stopping) break
      pause = Math.min(pause * 2, maxMs)
      this.restarts++
      current = this.#process = spawn()
    }
    await over()
    this.#end()
  }
}
