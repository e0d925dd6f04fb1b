import type { Gateway } from '../model/gateway.ts'
import { looksCut } from './looks-cut.ts'
import { massRemoval } from './mass-removal.ts'
import { changedPaths, movedInto, type Stamps } from './stamps.ts'

/** A usable state of the files. */
export interface State {
  readonly gateway: Gateway
  /** Text of every file, by path. */
  readonly texts: ReadonlyMap<string, string>
  readonly stamps: Stamps
  /** Equal for equal files. */
  readonly fingerprint: string
}

export interface Held {
  /** One sentence: why the change waits. */
  readonly reason: string
  readonly fingerprint: string
  /** Milliseconds of the clock: from then on it is published, if the files are still the same. */
  readonly until: number
}

/** Times in milliseconds for which a change must stay the same before it is published. */
export interface HoldTimes {
  /** When it takes away more than a slip should be able to; default 2,000. */
  readonly massMs: number
  /** When a file looks as if it were not written to its end; default 300. */
  readonly cutMs: number
}

const defaultHoldTimes: HoldTimes = { massMs: 2_000, cutMs: 300 }

/** Keeps back a change that may be an accident until it has stayed the same for a while. Pure: the caller brings the time and asks again at `until`. */
export class Hold {
  readonly #times: HoldTimes
  #held: Held | undefined
  /** A file that was written again, even with the same text, begins anew. */
  #stamps: Stamps = new Map()

  constructor(times: HoldTimes = defaultHoldTimes) {
    this.#times = times
  }

  get held(): Held | undefined {
    return this.#held
  }

  /** What to do with a usable state: undefined = publish it now. `before` is what is served. */
  judge(before: State | undefined, next: State, now: number): Held | undefined {
    const found = before && before.fingerprint !== next.fingerprint ? this.#doubt(before, next) : undefined
    if (!found) return (this.#held = undefined)
    const same = this.#held?.fingerprint === next.fingerprint && changedPaths(this.#stamps, next.stamps).length === 0
    this.#stamps = next.stamps
    if (!this.#held || !same) this.#held = { reason: found.reason, fingerprint: next.fingerprint, until: now + found.ms }
    if (now >= this.#held.until) this.#held = undefined
    return this.#held
  }

  /** The files are not usable now: a change that was held does not stand any more. */
  drop(): void {
    this.#held = undefined
  }

  #doubt(before: State, next: State): { reason: string; ms: number } | undefined {
    const mass = massRemoval(before.gateway, next.gateway)
    if (mass !== undefined) return { reason: mass, ms: this.#times.massMs }
    for (const [file, text] of next.texts) {
      const old = before.texts.get(file)
      if (old === undefined || old === text || movedInto(before.stamps.get(file), next.stamps.get(file))) continue
      if (looksCut(old, text)) return { reason: `${file} looks half-written`, ms: this.#times.cutMs }
    }
    return undefined
  }
}
