import { describe, expect, it } from 'vitest'
import { likely, seenAll } from './chance.ts'

/** Probability that of `times` choices, each in `parts` of `whole` cases this one, fewer than `least` or more than `most` fall on it, in parts of 10^30. */
function outside(times: bigint, parts: bigint, whole: bigint, [least, most]: readonly [number, number]): bigint {
  let ways = 1n
  let sum = 0n
  for (let count = 0n; count <= times; count++) {
    if (count < least || count > most) sum += ways * parts ** count * (whole - parts) ** (times - count)
    ways = (ways * (times - count)) / (count + 1n)
  }
  return (sum * 10n ** 30n) / whole ** times
}

describe('likely', () => {
  it.each([
    [100, 1n, 2n],
    [60, 1n, 3n],
    [400, 255n, 1000n],
    [20, 5n, 1000n],
    [2000, 99n, 100n],
  ])('%i choices of %i in %i: out of bounds once in 10^10 at most, and no wider than that', (times, parts, whole) => {
    const [least, most] = likely(times, Number(parts) / Number(whole))
    expect(outside(BigInt(times), parts, whole, [least, most])).toBeLessThanOrEqual(10n ** 20n)
    if (least > 0) expect(outside(BigInt(times), parts, whole, [least + 1, times])).toBeGreaterThan(10n ** 20n / 2n)
    if (most < times) expect(outside(BigInt(times), parts, whole, [0, most - 1])).toBeGreaterThan(10n ** 20n / 2n)
  })

  it('takes what is certain as it is', () => {
    expect([likely(7, 0), likely(7, 1)]).toEqual([
      [0, 0],
      [7, 7],
    ])
  })

  it('refuses bounds that exclude nothing', () => {
    expect(() => likely(30, 0.5)).toThrow('30 choices say nothing about a probability of 0.5: more are needed')
  })
})

it('seenAll stops as soon as everything was seen, and tells what never was', async () => {
  const names = ['a', 'b', 'a', 'c']
  await seenAll(['a', 'b'], () => Promise.resolve(names.shift() ?? ''), 4)
  expect(names).toEqual(['a', 'c'])
  await expect(seenAll(['b', 'x'], () => Promise.resolve('a'), 9)).rejects.toThrow('9 choices never fell on b, x')
})
