import { beforeEach, describe, expect, test } from 'vitest'
import type { Gateway, Listener, Route, Service } from '../../src/model/gateway.ts'
import { Hold, type State } from '../../src/reload/hold.ts'
import { looksCut } from '../../src/reload/looks-cut.ts'
import { massRemoval } from '../../src/reload/mass-removal.ts'

const listener = (name: string): Listener => ({
  kind: 'listener',
  name,
  address: '0.0.0.0',
  port: 80,
  trustedHops: 0,
  errorFormat: 'json',
  policies: {},
})
const route = (name: string): Route => ({
  kind: 'route',
  name,
  listeners: [],
  hosts: [],
  match: [{ path: { type: 'exact', path: '/' }, methods: [], headers: [], query: [] }],
  priority: 0,
  action: { type: 'forward', targets: [] },
  policies: {},
})
const service = (name: string, ports: readonly number[]): Service => ({
  kind: 'service',
  name,
  protocol: 'http1',
  discovery: { type: 'static', endpoints: ports.map((port) => ({ address: '10.0.0.1', port, weight: 1, labels: {} })) },
  subsets: [],
  policies: {},
})
const named = <N extends { name: string }>(nodes: readonly N[]): Map<string, N> => new Map(nodes.map((node) => [node.name, node]))

function gateway(
  routes: readonly string[],
  services: Record<string, readonly number[]> = { a: [1] },
  listeners: readonly string[] = ['public'],
): Gateway {
  return {
    name: 'g',
    listeners: named(listeners.map(listener)),
    services: named(Object.entries(services).map(([name, ports]) => service(name, ports))),
    routes: named(routes.map(route)),
    policies: {},
    originOf: () => [],
  }
}

describe('mass removal', () => {
  const four = gateway(['a', 'b', 'c', 'd'])
  test.each([
    ['half of the routes go', four, gateway(['a', 'b']), undefined],
    ['more than half go', four, gateway(['a']), '3 of 4 routes are gone'],
    ['all are renamed', four, gateway(['e', 'f', 'g', 'h']), undefined],
    ['all are renamed and one goes', four, gateway(['e', 'f', 'g']), undefined],
    ['one is renamed and the others go', four, gateway(['e']), '3 of 4 routes are gone'],
    ['all listeners go', four, gateway(['a', 'b', 'c', 'd'], { a: [1] }, []), 'all listeners are gone'],
    [
      'a service loses all endpoints',
      gateway(['a'], { a: [1, 2], b: [3] }),
      gateway(['a'], { a: [], b: [3] }),
      'all endpoints of service a are gone',
    ],
    ['a service goes', gateway(['a'], { a: [1], b: [2] }), gateway(['a'], { b: [2] }), 'all endpoints of service a are gone'],
    ['a service is renamed', gateway(['a'], { a: [1] }), gateway(['a'], { new: [1] }), undefined],
    ['endpoints are exchanged', gateway(['a'], { a: [1, 2] }), gateway(['a'], { a: [3] }), undefined],
    ['a service that had no endpoints goes', gateway(['a'], { a: [1], b: [] }), gateway(['a'], { a: [1] }), undefined],
    [
      'many services go',
      gateway(['a'], { a: [1], b: [2], c: [3], d: [4], e: [5] }),
      gateway(['a'], { e: [5] }),
      'all endpoints of services a, b, c and 1 more are gone',
    ],
  ])('%s', (_, before, after, reason) => expect(massRemoval(before, after)).toBe(reason))
})

describe('a text looks cut', () => {
  const text = 'a: 1\nb:\n  c: 2\n  d: 3\n'
  test.each([
    ['nothing is left', '', true],
    ['the last line break is missing', text.slice(0, -1), true],
    ['it ends in the middle of a line', 'a: 1\nb:\n  c:', true],
    ['it ends earlier, at the end of a line', 'a: 1\nb:\n', true],
    ['another text ends earlier', 'x: 1\nb:\n', true],
    ['lines in the middle are taken out', 'a: 1\n  d: 3\n', false],
    ['it is longer in the middle and lacks the end', 'a: 1\nb:\n  x: 1\n  y: 1\n  z: 1\n  c: 2\n', true],
    ['the last value is edited', text.replace('3', '4'), false],
    ['lines are added at the end', `${text}  e: 4\n`, false],
    ['a value becomes shorter', text.replace('3', ''), false],
    ['it is the same', text, false],
  ])('%s', (_, after, cut) => expect(looksCut(text, after)).toBe(cut))

  test('every cut of a file does, at every byte', () => {
    for (let length = 0; length < text.length; length++) expect(looksCut(text, text.slice(0, length)), `${length}`).toBe(true)
  })
})

describe('hold', () => {
  let hold: Hold
  const state = (routes: readonly string[], fingerprint = routes.join()): State => ({
    gateway: gateway(routes),
    texts: new Map([['gateway.yaml', `${routes.join('\n')}\nend\n`]]),
    stamps: new Map(),
    fingerprint,
  })
  const full = state(['a', 'b', 'c', 'd'])
  const few = state(['a'])
  beforeEach(() => (hold = new Hold()))

  test('an ordinary change passes', () => expect(hold.judge(full, state(['a', 'b', 'c']), 0)).toBeUndefined())
  test('the first state passes, there is nothing to lose', () => expect(hold.judge(undefined, few, 0)).toBeUndefined())

  test('a mass removal waits until it has stayed the same for two seconds', () => {
    expect(hold.judge(full, few, 1_000)).toMatchObject({ reason: '3 of 4 routes are gone', until: 3_000 })
    expect(hold.judge(full, few, 2_999)).toMatchObject({ until: 3_000 })
    expect(hold.judge(full, few, 3_000)).toBeUndefined()
    expect(hold.held).toBeUndefined()
  })

  test('another removal waits its own two seconds', () => {
    hold.judge(full, few, 0)
    expect(hold.judge(full, state(['b']), 1_900)).toMatchObject({ until: 3_900 })
    expect(hold.judge(full, few, 3_000)).toMatchObject({ until: 5_000 })
  })

  test('a bad file or an ordinary change in between ends the wait', () => {
    hold.judge(full, few, 0)
    hold.drop()
    expect(hold.judge(full, few, 2_500)).toMatchObject({ until: 4_500 })
    expect(hold.judge(full, full, 2_600)).toBeUndefined()
    expect(hold.judge(full, few, 4_600)).toMatchObject({ until: 6_600 })
  })

  test('a file that lost its end waits less long, unless it was moved into its place', () => {
    const long: State = {
      ...full,
      texts: new Map([['gateway.yaml', 'a\nb\nc\n']]),
      stamps: new Map([['gateway.yaml', { file: '1', state: '', moved: false }]]),
    }
    const cut = (file: string, moved: boolean): State => ({
      ...state(['a', 'b', 'c'], 'cut'),
      texts: new Map([['gateway.yaml', 'a\nb\n']]),
      stamps: new Map([['gateway.yaml', { file, state: '', moved }]]),
    })
    expect(hold.judge(long, cut('1', false), 0)).toMatchObject({ reason: 'gateway.yaml looks half-written', until: 300 })
    expect(hold.judge(long, cut('2', false), 10)).toMatchObject({ until: 310 })
    expect(hold.judge(long, cut('2', true), 20)).toBeUndefined()
    const linked = { ...cut('1', false), stamps: new Map([['gateway.yaml', { file: '1', state: '', moved: false, place: '/..2/gateway.yaml' }]]) }
    expect(hold.judge(long, linked, 30)).toBeUndefined()
  })
})
