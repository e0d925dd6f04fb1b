import fc from 'fast-check'
import { expect, test } from 'vitest'
import { durationPattern, parseDuration } from '../../src/lib/parse-duration.ts'
import { parsePercent } from '../../src/lib/parse-percent.ts'
import { parseRate, ratePattern } from '../../src/lib/parse-rate.ts'
import { parseSize, sizePattern } from '../../src/lib/parse-size.ts'
import { cases } from '../support/cases.ts'

test.each([
  ['0', 0],
  ['250ms', 250],
  ['1.5s', 1500],
  ['0.1s', 100],
  ['5m', 300_000],
  ['1h', 3_600_000],
  ['365d', 31_536_000_000],
  ['366d', undefined],
  ['5', undefined],
  ['-5s', undefined],
  ['5 s', undefined],
  ['5S', undefined],
  ['', undefined],
])('duration %s', (text, expected) => expect(parseDuration(text)).toBe(expected))

test.each([
  ['64KiB', 65_536],
  ['10MB', 10_000_000],
  ['512B', 512],
  ['999999999999999TiB', undefined],
  ['64', undefined],
  ['64kib', undefined],
])('size %s', (text, expected) => expect(parseSize(text)).toBe(expected))

test.each([
  ['50%', 50],
  ['0.5%', 0.5],
  ['100%', 100],
  ['100.1%', undefined],
  ['50', undefined],
  ['-1%', undefined],
])('percentage %s', (text, expected) => expect(parsePercent(text)).toBe(expected))

test.each([
  ['100/min', { count: 100, perMs: 60_000 }],
  ['1/s', { count: 1, perMs: 1000 }],
  ['0/s', undefined],
  ['1/week', undefined],
])('rate %s', (text, expected) => expect(parseRate(text)).toEqual(expected))

test('what the schema lets pass is read, unless it is too large to hold', () => {
  const matching = (pattern: string) => fc.stringMatching(new RegExp(pattern))
  fc.assert(
    fc.property(matching(ratePattern), (text) => parseRate(text) !== undefined),
    cases(),
  )
  fc.assert(
    fc.property(matching(durationPattern), (text) => (parseDuration(text) ?? Number.parseFloat(text)) >= 0),
    cases(),
  )
  fc.assert(
    fc.property(matching(sizePattern), (text) => (parseSize(text) ?? Number.MAX_VALUE) >= 0),
    cases(),
  )
})
