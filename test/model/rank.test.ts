import { describe, expect, it } from 'vitest'
import type { Gateway, Route } from '../../src/model/gateway.ts'
import { entryName, rank } from '../../src/model/rank.ts'
import { Ranking } from '../../src/model/rank-listeners.ts'
import { type Random, seeded } from '../support/random.ts'
import { randomRoutes } from '../support/route-fuzz.ts'
import { anyListener, matchOf, routeOf } from '../support/routes.ts'

/** Names in order of precedence of one virtual host. */
function order(routes: Iterable<Route>, host = '*'): string[] {
  return rank(routes, anyListener).byHost.get(host)?.entries.map(entryName) ?? []
}

function gatewayOf(routes: readonly Route[]): Pick<Gateway, 'listeners' | 'routes'> {
  return { listeners: new Map([['public', anyListener]]), routes: new Map(routes.map((route) => [route.name, route])) }
}

function randomHosts(random: Random): string[] {
  return random.many(random.below(3), () => random.pick(['a.test', 'b.a.test', '*.test', '*.a.test', 'c.other']))
}

describe('rank', () => {
  it('compares paths segment by segment: literal, end, {x}, regex, {x=**}, end of a prefix', () => {
    const written = ['/a/b', '/a/b/*', '/a/{x}/c', '/a/{x}', /\/a\/[0-9]+/, '/a/{x=**}', '/a/*', '/{x}/b', /\/[a-z]+/, '/{x=**}', '/*']
    const routes = written.map((path, index) => routeOf(`r${String(index).padStart(2, '0')}`, path))
    expect(order(routes.toReversed())).toEqual(routes.map((route) => route.name))
  })

  it('puts an exact path before a prefix of it and a regex before a prefix of equal depth', () => {
    const routes = [routeOf('prefix', '/a/*'), routeOf('regex', /\/a\/.*/), routeOf('exact', '/a'), routeOf('deeper', '/a/b/*')]
    expect(order(routes)).toEqual(['deeper', 'exact', 'regex', 'prefix'])
  })

  it('puts the regex with the longer literal text first', () => {
    expect(order([routeOf('a', /\/v.*/), routeOf('b', /\/v1[0-9]+/), routeOf('c', /(\/v1|\/v2)/)])).toEqual(['b', 'a', 'c'])
  })

  it('looks at methods, then at the number of headers, then of parameters, then at the name', () => {
    const header = { name: 'x-a', type: 'present', value: true } as const
    const routes = [
      routeOf('method', matchOf('/a', { methods: ['GET'] })),
      routeOf('two-headers', matchOf('/a', { headers: [header, { ...header, name: 'x-b' }] })),
      routeOf('header-and-query', matchOf('/a', { headers: [header], query: [header] })),
      routeOf('header', matchOf('/a', { headers: [header] })),
      routeOf('query', matchOf('/a', { query: [header] })),
      routeOf('z', '/a'),
      routeOf('zz', '/a'),
    ]
    expect(order(routes.toReversed())).toEqual(routes.map((route) => route.name))
  })

  it('puts priority over host, and host over path', () => {
    const routes = [
      routeOf('urgent', '/*', { priority: 1 }),
      routeOf('exact-host', '/*', { hosts: ['x.y.test'] }),
      routeOf('long-wildcard', '/a/*', { hosts: ['*.y.test'] }),
      routeOf('short-wildcard', '/a/b', { hosts: ['*.test'] }),
      routeOf('no-host', '/a/b/c'),
      routeOf('last', '/a', { hosts: ['x.y.test'], priority: -1 }),
    ]
    expect(order(routes.toReversed(), 'x.y.test')).toEqual(routes.map((route) => route.name))
    expect(order(routes, '*.y.test')).toEqual(['urgent', 'long-wildcard', 'short-wildcard', 'no-host'])
    expect(order(routes)).toEqual(['urgent', 'no-host'])
  })

  it('lists a route with overlapping hosts once, at its most specific host', () => {
    const routes = [routeOf('both', '/*', { hosts: ['*.test', 'a.test'] }), routeOf('exact', '/a', { hosts: ['a.test'] })]
    expect(order(routes, 'a.test')).toEqual(['exact', 'both'])
  })

  it('names alternatives only when there are several', () => {
    expect(order([routeOf('one', '/a'), routeOf('two', [matchOf('/b'), matchOf('/c/*')])])).toEqual(['one', 'two/0', 'two/1'])
  })

  it('serves on the named listeners, else on every one that does not redirect', () => {
    const routes = [routeOf('all', '/a'), routeOf('here', '/b', { listeners: ['public'] }), routeOf('there', '/c', { listeners: ['private'] })]
    expect(order(routes)).toEqual(['all', 'here'])
    const redirecting = rank(routes, { ...anyListener, redirectTo: 'private' })
    expect(redirecting.byHost.get('*')?.entries.map(entryName)).toEqual(['here'])
  })

  it('has a virtual host for every host, even without routes', () => {
    expect(rank([], anyListener).virtualHosts).toEqual([{ host: '*', entries: [] }])
  })

  it('does not depend on the position in the file', () => {
    const random = seeded(7)
    const routes = randomRoutes(random, 300)
    const names = (from: readonly Route[]) => rank(from, anyListener).virtualHosts.map(({ host, entries }) => [host, entries.map(entryName)])
    const shuffled = routes.map((route) => ({ route, at: random.below(1_000_000) })).sort((a, b) => a.at - b.at)
    expect(names(shuffled.map(({ route }) => route))).toEqual(names(routes))
  })

  it('keeps the object of a virtual host whose entries are the same', () => {
    const routes = [routeOf('a', '/a', { hosts: ['a.test'] }), routeOf('b', '/b', { hosts: ['b.test'] })]
    const ranking = new Ranking()
    const before = ranking.rank(gatewayOf(routes)).get('public')
    const after = ranking.rank(gatewayOf([...routes, routeOf('c', '/c', { hosts: ['b.test'] })])).get('public')
    expect(after?.byHost.get('a.test')).toBe(before?.byHost.get('a.test'))
    expect(after?.byHost.get('b.test')).not.toBe(before?.byHost.get('b.test'))
  })

  it('ranks a change as it ranks everything anew', () => {
    const random = seeded(11)
    const ranking = new Ranking()
    const pool = randomRoutes(random, 60).flatMap((route) => [
      route,
      { ...route, priority: route.priority + 1 },
      { ...route, hosts: randomHosts(random) },
    ])
    const routes = new Map<string, Route>()
    for (let step = 0; step < 400; step++) {
      for (const route of random.many(1 + random.below(3), () => random.pick(pool))) {
        if (routes.get(route.name) === route) routes.delete(route.name)
        else routes.set(route.name, route)
      }
      const ranked = ranking.rank(gatewayOf([...routes.values()])).get('public')
      expect(ranked?.virtualHosts).toEqual(rank(routes.values(), anyListener).virtualHosts)
      expect(ranked && [...ranked.byHost.values()]).toEqual(ranked?.virtualHosts)
    }
  })

  it('ranks 50,000 routes of 1,000 hosts, comparing only what a host serves', () => {
    const routes = Array.from({ length: 50_000 }, (_, index) => routeOf(`r${index}`, `/api/v1/s${index}/*`, { hosts: [`h${index % 1_000}.test`] }))
    const table = rank(routes, anyListener)
    expect(table.virtualHosts).toHaveLength(1_001)
    expect(table.virtualHosts.reduce((sum, { entries }) => sum + entries.length, 0)).toBe(50_000)
  })
})
