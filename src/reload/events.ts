import type { Diagnostic } from '../diagnostics/diagnostic.ts'
import type { Clock } from '../xds/clock.ts'
import type { PublishReceipt } from '../live/fleet.ts'

/** What happens while a file is followed. `at` is in milliseconds since 1970. */
export type ServeEvent = { readonly at: number } & (
  | { readonly kind: 'compiled'; readonly reason: string; readonly ms: number; readonly files: number; readonly warnings: number }
  /** The files are not usable; what was served stays. */
  | { readonly kind: 'rejected'; readonly diagnostics: readonly Diagnostic[] }
  | { readonly kind: 'published'; readonly receipt: PublishReceipt }
  /** A usable change waits, because it takes a lot away or looks half-written. */
  | { readonly kind: 'held'; readonly reason: string; readonly until: number }
  /** A held change stood the test of time. */
  | { readonly kind: 'released'; readonly reason: string }
  /** The files say again what is served, after a look that was not usable (`rejected`) or that had to wait (`held`). */
  | { readonly kind: 'back'; readonly from: 'rejected' | 'held' }
  /** The files were not usable at the start; what was served last is served again. `savedAt` is when that was. */
  | { readonly kind: 'last-good-used'; readonly savedAt: number; readonly generation: 0 | 1; readonly diagnostics: readonly Diagnostic[] }
  | { readonly kind: 'state-dir-problem'; readonly message: string }
  | { readonly kind: 'watch-problem'; readonly message: string }
  /** The control plane resolves a name for its proxy, and cannot any more (`problem`) or can again (undefined). `addresses` of before go on. */
  | { readonly kind: 'name-problem'; readonly host: string; readonly problem: string | undefined; readonly addresses: number }
)

type WithoutTime<E> = E extends unknown ? Omit<E, 'at'> : never
/** An event before it is given its time. */
export type Happening = WithoutTime<ServeEvent>

/** Events that are remembered. */
const kept = 100

/** Tells every listener what happens, and remembers the latest. */
export class EventLog {
  readonly events: ServeEvent[] = []
  readonly #clock: Clock
  readonly #listeners = new Set<(event: ServeEvent) => void>()

  constructor(clock: Clock, listener?: (event: ServeEvent) => void) {
    this.#clock = clock
    if (listener) this.#listeners.add(listener)
  }

  readonly emit = (happening: Happening): void => {
    const event = { at: this.#clock.now(), ...happening } as ServeEvent
    this.events.push(event)
    if (this.events.length > kept) this.events.shift()
    for (const listener of this.#listeners) listener(event)
  }

  listen(listener: (event: ServeEvent) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }
}
