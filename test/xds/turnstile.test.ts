import { expect, test } from 'vitest'
import { Turnstile } from '../../src/xds/turnstile.ts'

test('serves callers in order, each in a turn of the event loop of its own', async () => {
  const turnstile = new Turnstile()
  const seen: string[] = []
  let turn = 0
  let counting = true
  const count = (): void => {
    turn++
    if (counting) setImmediate(count)
  }
  setImmediate(count)
  await Promise.all(['a', 'b', 'c'].map((name) => turnstile.enter().then(() => seen.push(`${name}${turn}`))))
  counting = false
  expect(seen.map((one) => one[0])).toEqual(['a', 'b', 'c'])
  expect(new Set(seen.map((one) => one.slice(1))).size).toBe(3)
})
