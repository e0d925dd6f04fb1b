import { beforeAll, describe, expect, it } from 'vitest'
import type { Feature } from '../../src/feature.ts'
import { features } from '../../src/features/index.ts'
import type { Rewrite } from '../../src/features/rewrite/model.ts'
import { caseIds, type Engine, readCase } from './cases.ts'
import { type Exceptions, readExceptions, refusalProblems, unplayed, unused } from './exceptions.ts'
import { tell } from './finding.ts'
import { type Outcome, patienceMs, run } from './run.ts'

const exceptions = readExceptions()

/** The messages of one case when an engine runs with other features than it should. */
async function plant(id: string, engine: Engine, broken: readonly Feature[]): Promise<string[]> {
  const { findings } = await run({ ids: [id], features, exceptions, featuresOf: { [engine]: broken } })
  return (findings.get(id) ?? []).map(tell)
}

const replaced = (name: string, change: (feature: Feature) => Feature): Feature[] =>
  features.map((feature) => (feature.name === name ? change(feature) : feature))

describe('a planted difference is told', () => {
  it('when nginx does not do a feature at all', async () => {
    const told = await plant(
      'rewrite/valid',
      'nginx',
      replaced('rewrite', (feature) => ({ ...feature, nginx: {} })),
    )
    expect(told).toContain('rewrite/valid step 1 (GET /api/v1/orders/7?q=1): nginx: upstream.path: expected "/7?q=1", got "/api/v1/orders/7?q=1"')
    expect(told).toContain('rewrite/valid step 1 (GET /api/v1/orders/7?q=1): upstream.path: Envoy "/7?q=1", nginx "/api/v1/orders/7?q=1"')
  })

  it('when one engine does it otherwise, even where the case expects nothing', async () => {
    const other = replaced('rewrite', (feature) => ({
      ...feature,
      nginx: { state: (value) => ({ prefix: (value as Rewrite).prefix, path: (value as Rewrite).path, host: 'other.internal' }) },
    }))
    const told = await plant('rewrite/valid', 'nginx', other)
    expect(told).toContain('rewrite/valid step 5 (GET /old/x/y): upstream.headers.host: Envoy "rewrite-valid.test", nginx "other.internal"')
  })

  it('when Envoy does not do a feature at all', async () => {
    const told = await plant(
      'headers/valid',
      'envoy',
      replaced('headers', (feature) => ({ ...feature, envoy: {} })),
    )
    expect(told.some((line) => line.startsWith('headers/valid step 1 (GET /orders/1): envoy: upstream.headers.x-from: expected "gateway"'))).toBe(
      true,
    )
  })
})

describe('some case of every feature sees when nginx does not do it', () => {
  let outcome: Outcome
  const ids = caseIds().filter((id) => !id.startsWith('spine/'))
  beforeAll(async () => {
    // All features at once. A route needs an action, so actions do something else.
    const planted = () => ({ status: 299, body: 'planted', path: '/planted', headers: {}, stripQuery: false })
    const without = features.map((feature) => ({ ...feature, nginx: feature.points.some(({ at }) => at === 'action') ? { state: planted } : {} }))
    outcome = await run({ ids, features, exceptions, featuresOf: { nginx: without }, waitMs: 300 })
  }, patienceMs)

  it.each([...new Set(ids.map((id) => id.replace(/\/.*/, '')))])('%s', (feature) => {
    const cases = outcome.cases.filter(({ id }) => id.startsWith(`${feature}/`))
    const seeing = cases.filter(({ id, refusals }) => refusals.has('nginx') || (outcome.findings.get(id) ?? []).length > 0)
    expect(seeing.length).toBeGreaterThan(0)
  })
})

describe('exceptions.yaml', () => {
  const nothing: Exceptions = { differences: [], refusals: [], withoutRequests: {} }

  it('must name every refusal, and no other', async () => {
    const refused = await readCase('retry/valid', features)
    const taken = await readCase('rewrite/valid', features)
    expect(refusalProblems(exceptions, refused)).toEqual([])
    expect(refusalProblems(nothing, refused)).toEqual([expect.stringMatching(/^nginx refuses it, which exceptions.yaml does not say: nginx reads/)])
    const wrong = { ...nothing, refusals: [{ case: 'rewrite/valid', engine: 'nginx' as const, messages: ['no'], reason: 'none' }] }
    expect(refusalProblems(wrong, taken)).toEqual(['nginx does not refuse it as exceptions.yaml says: no'])
  })

  it('may hold nothing that is not needed', () => {
    const idle = { case: 'rewrite/valid', fields: ['body'], reason: 'none' }
    expect(unused({ ...nothing, differences: [idle] }, new Set(), new Set(['rewrite/valid']))).toEqual(['rewrite/valid: body: none'])
    const lost = { case: 'gone/valid', engine: 'nginx' as const, messages: ['no'], reason: 'none' }
    expect(unused({ ...nothing, refusals: [lost] }, new Set(), new Set(['rewrite/valid']))).toEqual([
      'refusal of gone/valid, which does not exist or has no requests',
    ])
  })
  it('must name every feature without requests, and no other', () => {
    const named = { ...nothing, withoutRequests: { quiet: 'none', loud: 'none' } }
    expect(unplayed(nothing, ['quiet', 'loud'], ['loud/valid'])).toEqual(['quiet has no requests.yaml'])
    expect(unplayed(named, ['quiet', 'loud'], ['loud/valid'])).toEqual(['loud needs no reason: it has requests, or is no feature'])
  })
})
