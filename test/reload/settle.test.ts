import { expect, test } from 'vitest'
import { settled } from '../../src/reload/settle.ts'
import type { Stamps } from '../../src/reload/stamps.ts'
import type { Clock } from '../../src/xds/clock.ts'

/** Time passes as fast as it is waited for. */
class FastClock implements Clock {
  #now = 0
  now(): number {
    return this.#now
  }
  after(ms: number, run: () => void): () => void {
    this.#now += ms
    queueMicrotask(run)
    return () => {}
  }
}

const stamp = (file: string, state: string): Stamps => new Map([['gateway.yaml', { file, state, moved: false }]])

function looks(list: readonly Stamps[]): { look: () => Promise<Stamps>; count: () => number } {
  let count = 0
  return { look: () => Promise.resolve(list[Math.min(count++, list.length - 1)] ?? new Map()), count: () => count }
}

test('files at rest are looked at six times', async () => {
  const { look, count } = looks([stamp('1', 'a')])
  expect(await settled(look, new FastClock())).toEqual(stamp('1', 'a'))
  expect(count()).toBe(6)
})

test('every change begins the rest anew', async () => {
  const { look, count } = looks([stamp('1', 'a'), stamp('1', 'b'), stamp('1', 'b'), stamp('1', 'b'), stamp('1', 'c')])
  expect(await settled(look, new FastClock())).toEqual(stamp('1', 'c'))
  expect(count()).toBe(5 + 5)
})

test('a file that is written in place is waited for, however long it takes', async () => {
  const clock = new FastClock()
  const { look } = looks([...Array.from({ length: 500 }, (_, i) => stamp('1', `${i}`)), stamp('1', 'end')])
  expect(await settled(look, clock)).toEqual(stamp('1', 'end'))
  expect(clock.now()).toBeGreaterThan(5_000)
})

test('a file that is replaced as a whole all the time is read at the ceiling', async () => {
  const clock = new FastClock()
  const { look } = looks(Array.from({ length: 500 }, (_, i) => stamp(`${i}`, `${i}`)))
  await settled(look, clock)
  expect(clock.now()).toBe(500)
})

test('a file that vanishes in between counts as written in place', async () => {
  const clock = new FastClock()
  const { look } = looks([...Array.from({ length: 200 }, (_, i) => (i % 2 ? stamp('', 'ENOENT') : stamp(`${i}`, `${i}`))), stamp('9', 'end')])
  expect(await settled(look, clock)).toEqual(stamp('9', 'end'))
})
