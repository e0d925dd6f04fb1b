import { describe, expect, it } from 'vitest'
import type { Route, Service } from '../../src/model/gateway.ts'
import { NodeResults, type TrackedCx } from '../../src/model/node-results.ts'
import { serviceOn } from '../support/nginx-routes.ts'
import { routeOf } from '../support/routes.ts'

const one = routeOf('one', '/one')
const two = routeOf('two', '/two')

/** Names of the routes that were made again, for gateways one after the other. */
function made(gateways: readonly (readonly [Route[], Service[], input?: string])[], make: (route: Route, cx: TrackedCx<string>) => void): string[][] {
  const results = new NodeResults<Route, true, string>((nodes) => nodes.routes)
  return gateways.map(([routes, services, input = '']) => {
    const byName = <N extends { name: string }>(nodes: readonly N[]): Map<string, N> => new Map(nodes.map((node) => [node.name, node]))
    const nodes = { listeners: new Map(), services: byName(services), routes: byName(routes) }
    return [...results.update(nodes, input, (route, cx) => (make(route, cx), true))]
  })
}

describe('results of nodes', () => {
  it('are made again for another object, and nothing else', () => {
    expect(
      made(
        [
          [[one, two], []],
          [[one, two], []],
          [[two, { ...one }], []],
          [[two], []],
        ],
        () => undefined,
      ),
    ).toEqual([['one', 'two'], [], ['one'], ['one']])
  })

  it('are made again when a node that was read is another, came or went', () => {
    const a = serviceOn('a', [1])
    const gateways = [
      [[one, two], [a]],
      [
        [one, two],
        [a, serviceOn('b', [1])],
      ],
      [[one, two], [serviceOn('a', [1])]],
      [[one, two], []],
    ] as const
    const read = (route: Route, cx: TrackedCx<string>): unknown => route.name === 'one' && cx.service('a')
    expect(
      made(
        gateways.map(([routes, services]) => [[...routes], [...services]]),
        read,
      ),
    ).toEqual([['one', 'two'], [], ['one'], ['one']])
  })

  it('are made again when an answer from outside is another, or always', () => {
    const inputs = ['x', 'x', 'y'].map((input): [Route[], Service[], string] => [[one, two], [], input])
    expect(made(inputs, (route, cx) => route === one && cx.outside((input) => input))).toEqual([['one', 'two'], [], ['one']])
    expect(made(inputs, (route, cx) => route === two && cx.never())).toEqual([['one', 'two'], ['two'], ['two']])
  })

  it('are all made again after a defect', () => {
    const results = new NodeResults<Route, true, string>((nodes) => nodes.routes)
    const nodes = { listeners: new Map(), services: new Map(), routes: new Map([['one', one]]) }
    expect(() =>
      results.update(nodes, '', () => {
        throw new Error('a defect')
      }),
    ).toThrow('a defect')
    expect([...results.update(nodes, '', () => true)]).toEqual(['one'])
  })
})
