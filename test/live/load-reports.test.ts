import { beforeEach, describe, expect, it } from 'vitest'
import { features } from '../../src/features/index.ts'
import { LoadReports } from '../../src/live/load-reports.ts'
import { endpointKey, noLoads, type ServiceLoads, withReport } from '../../src/live/loads.ts'
import type { Service } from '../../src/model/gateway.ts'
import { serviceOn } from '../support/nginx-routes.ts'
import { FakeClock } from '../xds/machine.ts'

const peak = (ports: readonly number[], more: object = {}): Service => serviceOn('s', ports, { balancing: { strategy: 'peak-load', ...more } })
const key = (port: number): string => `127.0.0.1:${port}`

describe('reports', () => {
  it('count at once the first time, and then by the time since the last', () => {
    const first = withReport(noLoads, 'a', 0.8, 1000)
    expect(first.get('a')).toEqual({ load: 0.8, at: 1000 })
    expect(withReport(first, 'a', 0.2, 1000).get('a')?.load).toBe(0.8)
    expect(withReport(first, 'a', 0.2, 6000).get('a')?.load).toBeCloseTo(0.8 - 0.6 * (1 - 1 / Math.E))
    expect(withReport(first, 'a', 0.2, 1_000_000).get('a')?.load).toBeCloseTo(0.2)
    expect(first.get('a')?.load).toBe(0.8)
  })

  it('are 0 to 1, and full when they are no number', () => {
    for (const [told, load] of [
      [-3, 0],
      [7, 1],
      [Number.NaN, 1],
      [Infinity, 1],
    ] as const) {
      expect(withReport(noLoads, 'a', told, 0).get('a')?.load).toBe(load)
    }
  })

  it('name endpoints as addresses are written', () => {
    expect(endpointKey({ address: '::1', port: 80 })).toBe('[::1]:80')
  })
})

describe('weights', () => {
  const feature = features.find(({ name }) => name === 'balancing')
  const weights = (service: Service, loads: ServiceLoads, now = 0): number[] | 'as written' => {
    const { service: weighed } = feature?.weigh?.(service.policies['balancing'], service, loads, now) ?? { service }
    return weighed === service ? 'as written' : weighed.discovery.endpoints.map(({ weight }) => weight)
  }
  const loadsOf = (...told: readonly (number | undefined)[]): ServiceLoads =>
    told.reduce<ServiceLoads>((loads, load, n) => (load === undefined ? loads : withReport(loads, key(n + 1), load, 0)), noLoads)

  it.each([
    ['nobody reports', loadsOf(), 'as written'],
    ['all are equally busy', loadsOf(0.5, 0.5, 0.5), 'as written'],
    ['all are full', loadsOf(1, 1, 1), 'as written'],
    ['differences are below a twentieth', loadsOf(0.5, 0.505, 0.495), 'as written'],
    ['one is half as free as the mean', loadsOf(0.8, 0.4, 0.6), [10, 30, 20]],
    ['one does not report: it is taken for an average one', loadsOf(0.9, 0.5), [7, 33, 20]],
    ['one is full: it still gets a little', loadsOf(1, 0, 0), [1, 29, 29]],
  ] as const)('%s', (_, loads, wanted) => {
    expect(weights(peak([1, 2, 3]), loads)).toEqual(wanted)
  })

  it('multiply what the file says', () => {
    const service = peak([1, 2])
    const [a, b] = service.discovery.endpoints
    if (!a || !b) throw new Error('two endpoints')
    const heavy: Service = { ...service, discovery: { type: 'static', endpoints: [{ ...a, weight: 1000 }, b] } }
    // The heavy one is nearly the mean by itself.
    expect(weights(heavy, loadsOf(0.5, 0))).toEqual([20_000, 40])
  })

  it('fall back to the written ones when a report is too old', () => {
    const loads = withReport(loadsOf(0.9, 0.1), key(2), 0.1, 10_000)
    expect(weights(peak([1, 2]), loads, 14_999)).not.toBe('as written')
    expect(weights(peak([1, 2]), loads, 15_000)).toBe('as written') // alone, an endpoint is its own mean
    expect(weights(peak([1, 2], { reportsExpire: 100 }), loads, 200)).toBe('as written')
  })

  it('are for peak-load only', () => {
    expect(weights(serviceOn('s', [1, 2], { balancing: { strategy: 'round-robin' } }), loadsOf(0.9, 0.1))).toBe('as written')
  })

  it('stay what Envoy takes: integers above 0', () => {
    for (let n = 0; n <= 100; n++) {
      const made = weights(peak([1, 2, 3]), loadsOf(n / 100, 1 - n / 100, 0.3))
      if (made !== 'as written') for (const weight of made) expect(Number.isInteger(weight) && weight > 0).toBe(true)
    }
  })
})

describe('the slice beside the gateway', () => {
  let clock: FakeClock
  let base: Service | undefined
  let published: number[][]
  let reports: LoadReports
  beforeEach(() => {
    clock = new FakeClock()
    base = peak([1, 2])
    published = []
    reports = new LoadReports({
      features,
      clock,
      service: (name) => (name === 's' ? base : undefined),
      publish: ({ discovery }) => void published.push(discovery.endpoints.map(({ weight }) => weight)),
    })
  })

  it('publishes a service when its weights change, and only then', () => {
    expect(reports.report('s', key(1), 0.9)).toBe(true)
    expect(published).toEqual([])
    reports.report('s', key(2), 0.1)
    expect(published).toEqual([[4, 36]])
    reports.report('s', key(2), 0.1)
    expect(published).toHaveLength(1)
  })

  it('goes back to the written weights when reports cease, one after the other', () => {
    reports.report('s', key(1), 0.9)
    clock.advance(5_000)
    reports.report('s', key(2), 0.1)
    expect(published).toEqual([[4, 36]])
    clock.advance(9_999)
    expect(published).toHaveLength(1)
    clock.advance(1)
    expect(published).toEqual([
      [4, 36],
      [1, 1],
    ])
    clock.advance(60_000)
    expect(published).toHaveLength(2)
  })

  it('lays the weights over a service that was edited, and forgets one that is gone', () => {
    reports.report('s', key(1), 0.9)
    reports.report('s', key(2), 0.1)
    base = peak([1, 2, 3])
    reports.again()
    expect(published.at(-1)).toEqual([4, 36, 20])
    base = undefined
    reports.again()
    clock.advance(60_000)
    expect(published).toHaveLength(2)
  })

  it('takes no report for what is not there', () => {
    expect(reports.report('t', key(1), 1)).toBe(false)
    expect(reports.report('s', key(9), 1)).toBe(false)
  })
})
