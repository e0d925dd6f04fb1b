/** Lets one at a time through, each in a turn of the event loop of its own, so that timers, reads and writes get their share between two of them. */
export class Turnstile {
  #last: Promise<void> = Promise.resolve()

  /** Resolves when it is the caller's turn; callers are served in order. */
  enter(): Promise<void> {
    this.#last = this.#last.then(() => new Promise((resolve) => setImmediate(resolve)))
    return this.#last
  }
}
