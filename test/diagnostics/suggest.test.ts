import { expect, test } from 'vitest'
import { didYouMean, suggest } from '../../src/diagnostics/suggest.ts'

test.each([
  ['order', ['billing', 'orders'], 'orders'],
  ['oders', ['billing', 'orders'], 'orders'],
  ['ordres', ['billing', 'orders'], 'orders'],
  ['ORDERS', ['billing', 'orders'], 'orders'],
  ['too', ['to', 'match'], 'to'],
  ['xyz', ['orders', 'billing'], undefined],
  ['', ['orders'], undefined],
  ['orders', ['orders'], undefined],
  ['ab', ['xy'], undefined],
  ['service-1', ['service-22', 'service-2', 'service-3'], 'service-2'],
])('%s among %j', (word, candidates, expected) => expect(suggest(word, candidates)).toBe(expected))

test('a very long word costs little and finds nothing', () => {
  expect(didYouMean('x'.repeat(1_000_000), ['orders', 'x'.repeat(70)])).toBeUndefined()
})
