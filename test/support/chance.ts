import { expect } from 'vitest'

/** How often a right engine may be found wrong by one bound: all bounds of all runs of many years together must not meet it. */
const risk = 1e-10

/**
 * Bounds, both inclusive, of how many of `times` independent choices fall on something of this probability (0 to 1). A right engine is outside of
 * them with a probability of at most 1e-10. Throws when they exclude nothing: such a test could not fail.
 */
export function likely(times: number, probability: number): readonly [least: number, most: number] {
  if (probability === 0 || probability === 1) return [times * probability, times * probability]
  const least = lowest(times, probability)
  const most = times - lowest(times, 1 - probability)
  if (least === 0 && most === times) throw new Error(`${times} choices say nothing about a probability of ${probability}: more are needed`)
  return [least, most]
}

/** Expects that so many of `times` independent choices fell on something of this probability as they may. */
export function expectLikely(found: number | undefined, times: number, probability: number): void {
  const [least, most] = likely(times, probability)
  expect(found ?? 0, `of ${times} choices with a probability of ${probability}`).toBeGreaterThanOrEqual(least)
  expect(found ?? 0, `of ${times} choices with a probability of ${probability}`).toBeLessThanOrEqual(most)
}

/** The highest count below which the tail of the binomial distribution is at most half the risk. */
function lowest(times: number, probability: number): number {
  const odds = Math.log(probability / (1 - probability))
  let log = times * Math.log(1 - probability)
  let below = 0
  for (let count = 0; count <= times; count++) {
    below += Math.exp(log)
    if (below > risk / 2) return count
    log += odds + Math.log((times - count) / (count + 1))
  }
  return times
}

/** Makes choices until all of these were seen, at most `most` of them; throws with those that are missing. */
export async function seenAll(wanted: readonly string[], choose: () => Promise<string>, most: number): Promise<void> {
  const missing = new Set(wanted)
  for (let n = 0; n < most && missing.size > 0; n++) missing.delete(await choose())
  if (missing.size > 0) throw new Error(`${most} choices never fell on ${[...missing].join(', ')}`)
}
