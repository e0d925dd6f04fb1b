import type { Clock } from '../xds/clock.ts'

/** Resolves promises when a number that grows has been reached. */
export class SettleWaiters {
  readonly #clock: Clock
  readonly #waiting = new Set<{ readonly until: number; readonly finish: (reached: boolean) => void }>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** True when `until` was reached, false when the time was over before. */
  wait(until: number, timeoutMs: number): Promise<boolean> {
    return new Promise((resolve) => {
      const waiter = {
        until,
        finish: (reached: boolean) => {
          cancel()
          this.#waiting.delete(waiter)
          resolve(reached)
        },
      }
      const cancel = this.#clock.after(timeoutMs, () => waiter.finish(false))
      this.#waiting.add(waiter)
    })
  }

  reached(number: number): void {
    for (const waiter of this.#waiting) if (waiter.until <= number) waiter.finish(true)
  }

  close(): void {
    for (const waiter of this.#waiting) waiter.finish(false)
  }
}
