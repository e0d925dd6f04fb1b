import { beforeAll, describe, expect, it } from 'vitest'
import { features } from '../../src/features/index.ts'
import { caseIds } from './cases.ts'
import { readExceptions, refusalProblems, unplayed, unused } from './exceptions.ts'
import { tell } from './finding.ts'
import { rawSets } from './raw-requests.ts'
import { type Outcome, patienceMs, run } from './run.ts'

/** `CASES=rewrite` runs only cases whose name begins so. */
const only = process.env['CASES'] ?? ''
const ids = caseIds().filter((id) => id.startsWith(only))
const exceptions = readExceptions()

let outcome: Outcome
beforeAll(async () => {
  outcome = await run({ ids, features, exceptions })
}, patienceMs)

describe('both engines do what the case expects, and the same', () => {
  it.each(ids)('%s', (id) => {
    expect((outcome.findings.get(id) ?? []).map(tell)).toEqual([])
  })
})

it('an engine refuses a case only as exceptions.yaml says', () => {
  expect(outcome.cases.flatMap((one) => refusalProblems(exceptions, one).map((problem) => `${one.id}: ${problem}`))).toEqual([])
})

it('every exception is needed', () => {
  expect(outcome.requests).toBeGreaterThan(0)
  const known = new Set([...caseIds(), ...rawSets.map(([id]) => id)])
  expect(exceptions.differences.flatMap((one) => (one.case === undefined || known.has(one.case) ? [] : [one.case]))).toEqual([])
  if (only === '') expect(unused(exceptions, outcome.used, new Set(ids))).toEqual([])
})

it('every feature is sent requests, or has a reason why not', () => {
  const names = features.map(({ name }) => name)
  expect(unplayed(exceptions, names, caseIds())).toEqual([])
})
