import { describe, expect, it } from 'vitest'
import type { Route } from '../../src/model/gateway.ts'
import { entryName, rank } from '../../src/model/rank.ts'
import { findShadowed } from '../../src/model/shadow.ts'
import { anyListener, matchOf, routeOf } from '../support/routes.ts'

function shadows(...routes: Route[]): string[] {
  return findShadowed(rank(routes, anyListener)).map(({ entry, by, kind }) => `${entryName(entry)} ${kind} ${entryName(by)}`)
}

describe('findShadowed', () => {
  it('finds routes with the same condition, whatever their variables are called', () => {
    expect(shadows(routeOf('a', '/x'), routeOf('b', '/x'))).toEqual(['b duplicate a'])
    expect(shadows(routeOf('a', '/x/{one}'), routeOf('b', '/x/{two}'))).toEqual(['b duplicate a'])
    expect(shadows(routeOf('a', /\/x+/), routeOf('b', /\/x+/))).toEqual(['b duplicate a'])
    expect(shadows(routeOf('a', [matchOf('/x'), matchOf('/x')]))).toEqual(['a/1 duplicate a/0'])
  })

  it('finds a narrower route behind a wider one with a higher priority', () => {
    expect(shadows(routeOf('wide', '/x/*', { priority: 1 }), routeOf('deep', '/x/y/{z}'), routeOf('other', '/xy'))).toEqual(['deep shadowed wide'])
    expect(shadows(routeOf('wide', '/*', { priority: 1 }), routeOf('any', /.*/))).toEqual(['any shadowed wide'])
    const methods = ['GET', 'POST']
    expect(shadows(routeOf('wide', matchOf('/x', { methods }), { priority: 1 }), routeOf('get', matchOf('/x', { methods: ['GET'] })))).toEqual([
      'get shadowed wide',
    ])
  })

  it('leaves out what can still match', () => {
    const header = { name: 'x-a', type: 'present', value: true } as const
    expect(shadows(routeOf('a', '/x'), routeOf('b', '/x/*'), routeOf('c', '/*'))).toEqual([])
    expect(shadows(routeOf('a', matchOf('/x', { methods: ['GET'] })), routeOf('b', '/x'))).toEqual([])
    expect(shadows(routeOf('a', matchOf('/x', { headers: [header] }), { priority: 1 }), routeOf('b', '/x'))).toEqual([])
  })

  it('counts a route only when it is taken away on every host', () => {
    const wide = routeOf('wide', '/*', { hosts: ['a.test'] })
    expect(shadows(wide, routeOf('everywhere', '/x'))).toEqual([])
    expect(shadows(wide, routeOf('here', '/x', { hosts: ['a.test'], priority: -1 }))).toEqual(['here shadowed wide'])
  })
})
