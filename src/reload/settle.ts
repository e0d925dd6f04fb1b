import type { Clock } from '../xds/clock.ts'
import { changedPaths, replacedWhole, type Stamps } from './stamps.ts'

/** How long files must rest before they are read. */
export interface Rest {
  /** Pause between two looks, in milliseconds; default 10. */
  readonly everyMs: number
  /** Equal looks in a row that make a rest; default 5. Looks are counted, not time: a process that was stopped in between must not take its own pause for a rest. */
  readonly looks: number
  /** Time after which files that are only ever replaced as a whole are read although they do not rest; default 500 ms. */
  readonly ceilingMs: number
}

export const defaultRest: Rest = { everyMs: 10, looks: 5, ceilingMs: 500 }

/**
 * Waits until the files have not changed for a while, and returns their last stamps. Files that are written in place are waited for without end:
 * nobody can tell a half-written one from a whole one. `stopped` ends the wait.
 */
export async function settled(
  look: () => Promise<Stamps>,
  clock: Clock,
  rest: Rest = defaultRest,
  stopped: () => boolean = () => false,
): Promise<Stamps> {
  const start = clock.now()
  // The clock's timers let the process end; a process that has only begun has nothing else to stay for.
  const awake = setInterval(() => {}, 60_000)
  let last = await look()
  let whole = true
  for (let equal = 0; equal < rest.looks && !stopped();) {
    await new Promise<void>((resolve) => clock.after(rest.everyMs, resolve))
    const next = await look()
    const same = changedPaths(last, next).length === 0
    if (!same) whole &&= replacedWhole(last, next)
    equal = same ? equal + 1 : 0
    last = next
    if (whole && clock.now() - start >= rest.ceilingMs) break
  }
  clearInterval(awake)
  return last
}
