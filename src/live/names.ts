import type { Clock } from '../xds/clock.ts'
import { compare } from '../lib/compare.ts'
import type { Answer, Lookup } from './lookup.ts'

/** A name that cannot be resolved now; what was known of it goes on. */
export interface NameProblem {
  readonly host: string
  readonly problem: string
}

export interface NamesOptions {
  readonly lookup: Lookup
  readonly clock: Clock
  /** Called when the addresses of a name are others than before. */
  readonly changed: (host: string) => void
  /** Called when a name cannot be resolved any more, and with undefined when it can again. */
  readonly problem?: (host: string, problem: string | undefined) => void
  /** What was known when this was last done, by name: good until something else is. */
  readonly known?: ReadonlyMap<string, readonly string[]>
  readonly pace?: Partial<NamesPace>
}

/** Milliseconds between two questions for one name. */
export interface NamesPace {
  /** Not sooner, however short the time to live: 1 s. */
  readonly minMs: number
  /** Not later, however long the time to live: 300 s. */
  readonly maxMs: number
  /** After a failure, doubled with each further one: 1 s … */
  readonly retryMs: number
  /** … up to 30 s. */
  readonly maxRetryMs: number
}

const defaultPace: NamesPace = { minMs: 1_000, maxMs: 300_000, retryMs: 1_000, maxRetryMs: 30_000 }

/** Questions that are under way at once. */
const atOnce = 64

interface Followed {
  addresses: readonly string[] | undefined
  /** Whether a question was answered, well or not. */
  asked: boolean
  failures: number
  problem: string | undefined
  cancel: () => void
}

/**
 * Keeps the addresses of names fresh, as Envoy does for itself: each name is asked for again when its time to live is over. A name that fails, or has no
 * addresses any more, keeps those that it had.
 */
export class Names {
  readonly #options: NamesOptions
  readonly #pace: NamesPace
  readonly #followed = new Map<string, Followed>()
  readonly #waiting: string[] = []
  #asking = 0
  #closed = false
  #told = new Set<() => void>()

  constructor(options: NamesOptions) {
    this.#options = options
    this.#pace = { ...defaultPace, ...options.pace }
  }

  /** Follows exactly these names from now on. */
  follow(hosts: Iterable<string>): void {
    const wanted = new Set(hosts)
    for (const [host, { cancel }] of this.#followed) {
      if (wanted.has(host)) continue
      cancel()
      this.#followed.delete(host)
    }
    for (const host of wanted) {
      if (this.#followed.has(host)) continue
      this.#followed.set(host, { addresses: this.#options.known?.get(host), asked: false, failures: 0, problem: undefined, cancel: () => undefined })
      this.#queue(host)
    }
    this.#tell()
  }

  /** The last good addresses of a name, sorted; undefined when it was never resolved. */
  addresses(host: string): readonly string[] | undefined {
    return this.#followed.get(host)?.addresses
  }

  /** Every name with its last good addresses. */
  known(): ReadonlyMap<string, readonly string[]> {
    return new Map([...this.#followed].flatMap(([host, { addresses }]) => (addresses ? [[host, addresses] as const] : [])))
  }

  /** Names that cannot be resolved now. */
  problems(): readonly NameProblem[] {
    return [...this.#followed].flatMap(([host, { problem }]) => (problem === undefined ? [] : [{ host, problem }]))
  }

  /** Resolves when every name has addresses or has failed once, and after `ms` at the latest. */
  first(ms: number): Promise<void> {
    if (this.#settled()) return Promise.resolve()
    return new Promise((resolve) => {
      const look = (): void => {
        if (!this.#settled()) return
        this.#told.delete(look)
        cancel()
        resolve()
      }
      const cancel = this.#options.clock.after(ms, () => {
        this.#told.delete(look)
        resolve()
      })
      this.#told.add(look)
    })
  }

  close(): void {
    this.#closed = true
    for (const { cancel } of this.#followed.values()) cancel()
    this.#followed.clear()
    this.#tell()
  }

  #settled(): boolean {
    return [...this.#followed.values()].every(({ addresses, asked }) => addresses !== undefined || asked)
  }

  #tell(): void {
    for (const look of [...this.#told]) look()
  }

  #queue(host: string): void {
    if (this.#asking >= atOnce) {
      this.#waiting.push(host)
      return
    }
    this.#asking++
    void this.#ask(host).finally(() => {
      this.#asking--
      const next = this.#waiting.shift()
      if (next !== undefined) this.#queue(next)
    })
  }

  async #ask(host: string): Promise<void> {
    const name = this.#followed.get(host)
    if (!name || this.#closed) return
    const answer = await this.#options.lookup(host).catch((error: unknown) => (error instanceof Error ? error.message : String(error)))
    // It may have left, and come back as another, while the question was under way.
    if (this.#closed || this.#followed.get(host) !== name) return
    name.asked = true
    const pause = typeof answer === 'string' ? this.#failed(host, name, answer) : this.#answered(host, name, answer)
    name.cancel = this.#options.clock.after(pause, () => this.#queue(host))
    this.#tell()
  }

  #answered(host: string, name: Followed, { addresses, ttlMs }: Answer): number {
    const { minMs, maxMs } = this.#pace
    const before = name.addresses
    name.addresses = [...new Set(addresses)].sort(compare)
    name.failures = 0
    if (name.problem !== undefined) this.#options.problem?.(host, undefined)
    name.problem = undefined
    if (before?.join() !== name.addresses.join()) this.#options.changed(host)
    return Math.min(maxMs, Math.max(minMs, ttlMs))
  }

  #failed(host: string, name: Followed, problem: string): number {
    const { retryMs, maxRetryMs } = this.#pace
    if (name.problem !== problem) this.#options.problem?.(host, problem)
    name.problem = problem
    // Spread, so that names that failed together do not come back together.
    return Math.min(maxRetryMs, retryMs * 2 ** Math.min(name.failures++, 20)) * (1 + Math.random() / 4)
  }
}
