import { anyUnpack } from '@bufbuild/protobuf/wkt'
import { beforeAll, describe, expect, it } from 'vitest'
import { RouteListSchema } from '#gen/envoy/config/route/v3/route_components_pb.js'
import { create } from '@bufbuild/protobuf'
import { RouteSchema, type VirtualHost } from '#gen/envoy/config/route/v3/route_components_pb.js'
import { type Bucket, routeBuckets } from '../../src/envoy/route-buckets.ts'
import { routeMatch } from '../../src/envoy/route-match.ts'
import { emitVirtualHost, linearLimit } from '../../src/envoy/virtual-hosts.ts'
import type { Route } from '../../src/model/gateway.ts'
import { match, matchesPath } from '../../src/model/match.ts'
import { type Entry, entryName, rank, type VirtualHostTable } from '../../src/model/rank.ts'
import { seeded } from '../support/random.ts'
import { exchange } from '../support/raw-http.ts'
import { randomRoutes } from '../support/route-fuzz.ts'
import { serveTables } from '../support/route-server.ts'
import { anyListener, matchOf, routeOf } from '../support/routes.ts'

function hostOf(routes: Iterable<Route>): VirtualHostTable {
  const virtualHost = rank(routes, anyListener).byHost.get('*')
  if (!virtualHost) throw new Error('no virtual host')
  return virtualHost
}

/** 10,000 services below one prefix, a catch-all, and a few routes that have no prefix. */
const many: readonly Route[] = [
  ...Array.from({ length: 10_000 }, (_, index) => routeOf(`s${index}`, `/api/v1/s${index}/*`)),
  routeOf('rest', '/*'),
  routeOf('pictures', /.*\.png/),
  routeOf('orders', '/api/v1/s1/{order}/items'),
  routeOf('urgent', matchOf('/{x=**}', { headers: [{ name: 'x-urgent', type: 'present', value: true }] }), { priority: 1 }),
]

/** The bucket that Envoy's prefix map leads to. */
function bucketOf(buckets: readonly Bucket[], path: string): Bucket | undefined {
  return buckets.filter(({ prefix }) => path.startsWith(prefix)).sort((a, b) => b.prefix.length - a.prefix.length)[0]
}

const emitted = (entry: Entry) => [create(RouteSchema, { name: entryName(entry), match: routeMatch(entry.match) })]
const copies = (buckets: readonly Bucket[]) => buckets.reduce((sum, { entries }) => sum + entries.length, 0)

describe('buckets', () => {
  it('hold every entry that can take a path, in rank order, for random routes', () => {
    const random = seeded(11)
    const words = ['/a', '/b', '/ab', '/a.b', '/v1', '/A', '/', '/x', 'x']
    for (let round = 0; round < 100; round++) {
      const virtualHost = hostOf(randomRoutes(random, 5 + random.below(150)).map((route) => ({ ...route, hosts: [] })))
      const buckets = routeBuckets(virtualHost)
      expect(copies(buckets)).toBeLessThanOrEqual(5 * virtualHost.entries.length)
      for (const path of random.many(50, () => `/${random.many(random.below(5), () => random.pick(words)).join('')}`)) {
        const takes = (entries: readonly Entry[]) => entries.filter((entry) => matchesPath(entry.match.path, path))
        expect(takes(bucketOf(buckets, path)?.entries ?? [])).toEqual(takes(virtualHost.entries))
      }
    }
  })

  it('stay short with 10,000 routes: what a request is compared with does not grow', () => {
    const virtualHost = hostOf(many)
    const buckets = routeBuckets(virtualHost)
    expect(copies(buckets)).toBeLessThanOrEqual(5 * virtualHost.entries.length)
    expect(Math.max(...buckets.map(({ entries }) => entries.length))).toBeLessThanOrEqual(20)
  })

  it('are fewer and larger where hundreds of routes have no prefix, so that copies stay bounded', () => {
    const regexes = Array.from({ length: 400 }, (_, index) => routeOf(`x${index}`, new RegExp(`.*[.]x${index}`)))
    const virtualHost = hostOf([...many, ...regexes])
    const buckets = routeBuckets(virtualHost)
    expect(buckets.length).toBeGreaterThan(10)
    expect(copies(buckets)).toBeLessThanOrEqual(5 * virtualHost.entries.length)
  })
})

describe('a virtual host', () => {
  const names = (virtualHost: VirtualHost) => virtualHost.routes.map((route) => route.name)

  it('is a list of guards and entries up to the limit', () => {
    const table = hostOf([routeOf('b', '/b'), routeOf('a', [matchOf('/a'), matchOf('/*')])])
    const virtualHost = emitVirtualHost(table, emitted)
    expect(virtualHost.matcher).toBeUndefined()
    expect(names(virtualHost).filter((name) => !name.startsWith('sluice.guard.'))).toEqual(['a/0', 'b', 'a/1'])
    expect(names(virtualHost).slice(0, 3)).toEqual(['sluice.guard.authority', 'sluice.guard.percent', 'sluice.guard.semicolon'])
    expect(linearLimit).toBe(100)
    expect(emitVirtualHost(hostOf(many.slice(0, 100)), emitted).matcher).toBeUndefined()
  })

  it('is a matcher above it: guards once, then lists by prefix', () => {
    const { matcher, routes } = emitVirtualHost(hostOf(many), emitted)
    expect(routes).toEqual([])
    const guards = matcher?.matcherType.case === 'matcherList' ? matcher.matcherType.value.matchers : []
    expect(guards).toHaveLength(3)
    const tree = matcher?.onNoMatch?.onMatch.case === 'matcher' ? matcher.onNoMatch.onMatch.value : undefined
    const treeType = tree?.matcherType.case === 'matcherTree' ? tree.matcherType.value.treeType : undefined
    const action = treeType?.case === 'prefixMatchMap' ? treeType.value.map['/api/v1/s123']?.onMatch : undefined
    const list = action?.case === 'action' && action.value.typedConfig ? anyUnpack(action.value.typedConfig, RouteListSchema) : undefined
    const siblings = ['s123', ...Array.from({ length: 10 }, (_, digit) => `s123${digit}`)]
    expect(list?.routes.map((route) => route.name)).toEqual(['urgent', ...siblings, 'pictures', 'rest'])
  })

  it('stays a list when no prefix tells its routes apart', () => {
    const routes = Array.from({ length: 150 }, (_, index) =>
      routeOf(`r${index}`, matchOf('/a', { headers: [{ name: 'x-n', type: 'exact', value: `${index}` }] })),
    )
    const virtualHost = emitVirtualHost(hostOf(routes), emitted)
    expect(virtualHost.matcher).toBeUndefined()
    expect(virtualHost.routes.length).toBeGreaterThan(150)
  })
})

describe('10,000 routes on a real Envoy', () => {
  const table = rank(many, anyListener)
  let socket: string
  beforeAll(async () => {
    socket = (await serveTables([{ name: 'many', table, limit: linearLimit }])).socket('many')
  })

  it('choose the route that the model chooses', async () => {
    const random = seeded(5)
    const tail = () => random.pick(['', '/', '/7', '/7/items', '/a.png', 'x', '/../s1/1/items', '?x', ';a'])
    const requests = random.many(2_000, () => ({
      method: 'GET',
      path: `${random.pick(['/api/v1', '/api/v1', '/api', '/api/v1/', '/API/v1'])}/s${random.pick([random.below(11_000), random.below(20)])}${tail()}`,
      host: 'gateway.test',
      headers: random.chance(0.05) ? ([['x-urgent', '1']] as const) : [],
    }))
    const replies = await exchange(socket, requests)
    const chosen = replies.map((reply) => (reply.status === 200 ? reply.route : String(reply.status)))
    const expected = requests.map((request) => {
      const matched = match(table, request)
      return matched.type === 'route' ? entryName(matched.entry) : matched.type === 'none' ? '404' : '400'
    })
    expect(chosen).toEqual(expected)
    expect(new Set(chosen).size).toBeGreaterThan(300)
  })
})
