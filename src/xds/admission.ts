import type { Clock } from './clock.ts'

/** How many streams may be in their first push at the same time, and how long one may keep its place. */
export interface AdmissionLimits {
  readonly places: number
  readonly holdMs: number
}

export const defaultAdmission: AdmissionLimits = { places: 16, holdMs: 250 }

/**
 * Spreads the first pushes after a restart, when the whole fleet comes back at once. A place is given back when the first push is done,
 * or after `holdMs`, so that a silent proxy keeps nobody waiting for long.
 */
export class Admission {
  readonly #clock: Clock
  readonly #limits: AdmissionLimits
  readonly #queue = new Set<() => void>()
  #free: number

  constructor(clock: Clock, limits: AdmissionLimits = defaultAdmission) {
    this.#clock = clock
    this.#limits = limits
    this.#free = limits.places
  }

  /** Calls `enter` when there is a place, perhaps at once. The returned function gives the place, or the wait, back; more calls do nothing. */
  request(enter: () => void): () => void {
    let state: 'waiting' | 'inside' | 'done' = 'waiting'
    let cancel = (): void => {}
    const begin = (): void => {
      state = 'inside'
      this.#free--
      cancel = this.#clock.after(this.#limits.holdMs, leave)
      enter()
    }
    const leave = (): void => {
      if (state === 'waiting') this.#queue.delete(begin)
      if (state === 'inside') {
        cancel()
        this.#free++
      }
      state = 'done'
      this.#next()
    }
    if (this.#free > 0) begin()
    else this.#queue.add(begin)
    return leave
  }

  #next(): void {
    for (const begin of this.#queue) {
      if (this.#free <= 0) return
      this.#queue.delete(begin)
      begin()
    }
  }
}
