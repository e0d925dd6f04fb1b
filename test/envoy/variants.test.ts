import { describe, expect, it } from 'vitest'
import type { Variant } from '../../src/envoy/parts.ts'
import { type Choice, countWays, waysOf } from '../../src/envoy/variants.ts'

const variant = (name: string): Variant => ({ when: { headers: [{ name }] }, patch: { requestHeadersToRemove: [name] } })
const choice = (otherwise: string, ...variants: string[]): Choice => ({
  variants: variants.map(variant),
  otherwise: { requestHeadersToRemove: [otherwise] },
})

describe('the ways of an entry', () => {
  it('are the one without conditions when nothing tells requests apart', () => {
    const ways = waysOf([choice('a'), choice('b')])
    expect(ways.map(({ when }) => when)).toEqual([{ headers: [], cookies: [] }])
    expect(ways[0]?.patches.map((patch) => patch.requestHeadersToRemove)).toEqual([['a'], ['b']])
  })

  it('give every feature the first of its variants that holds, whatever the other features do', () => {
    const choices = [choice('a0', 'a1', 'a2'), choice('b0'), choice('c0', 'c1')]
    const ways = waysOf(choices)
    expect(ways).toHaveLength(6)
    expect(countWays(choices)).toBe(6)
    const names = ['a1', 'a2', 'c1']
    for (let bits = 0; bits < 8; bits++) {
      const sent = new Set(names.filter((_, index) => bits & (1 << index)))
      const first = ways.find(({ when }) => when.headers.every(({ name }) => sent.has(name ?? '')))
      const want = [sent.has('a1') ? 'a1' : sent.has('a2') ? 'a2' : 'a0', 'b0', sent.has('c1') ? 'c1' : 'c0']
      expect(first?.patches.flatMap((patch) => patch.requestHeadersToRemove)).toEqual(want)
    }
  })
})
