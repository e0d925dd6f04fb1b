import { create } from '@bufbuild/protobuf'
import { beforeAll, describe, expect, it } from 'vitest'
import { RouteSchema } from '#gen/envoy/config/route/v3/route_components_pb.js'
import { emitVirtualHost } from '../../src/envoy/virtual-hosts.ts'
import { match, type Matched } from '../../src/model/match.ts'
import { entryName, rank, type RouteTable } from '../../src/model/rank.ts'
import { seeded } from '../support/random.ts'
import { exchange, type RawReply, type RawRequest } from '../support/raw-http.ts'
import { catchAll, randomRequest, randomRoutes } from '../support/route-fuzz.ts'
import { serveTables } from '../support/route-server.ts'
import { anyListener } from '../support/routes.ts'

const seed = Number(process.env['FUZZ_SEED'] ?? 20_261)
const configs = 48
const requestsPerConfig = 450

interface Config {
  readonly name: string
  readonly table: RouteTable
  readonly requests: readonly RawRequest[]
}

const made: readonly Config[] = Array.from({ length: configs }, (_, index) => {
  const random = seeded(seed + index)
  const routes = randomRoutes(random, index === 0 ? 300 : 4 + random.below(36))
  const table = rank(index % 3 === 0 ? [...routes, catchAll] : routes, anyListener)
  return { name: `c${index}`, table, requests: random.many(requestsPerConfig, () => randomRequest(random)) }
})

/** What the model says, in the words of a reply. */
function expected(matched: Matched): string {
  return matched.type === 'route' ? entryName(matched.entry) : matched.type === 'none' ? '404' : '400'
}

function expectation(table: RouteTable, { method, host, path, headers }: RawRequest): string {
  return expected(match(table, { method, host, path, headers: headers.map(([name, value]) => [name.toLowerCase(), value] as const) }))
}

describe('match, the list and the matcher', () => {
  let socket: (name: string) => string
  beforeAll(async () => {
    const served = made.flatMap(({ name, table }) => [
      { name: `${name}-list`, table, limit: Number.MAX_SAFE_INTEGER },
      { name: `${name}-matcher`, table, limit: 0 },
    ])
    socket = (await serveTables(served)).socket
  })

  it.each(['list', 'matcher'])('choose the same route on a real Envoy (%s)', async (form) => {
    const wrong: object[] = []
    const outcomes = new Map<string, number>()
    for (const { name, table, requests } of made) {
      const replies = await exchange(socket(`${name}-${form}`), requests)
      requests.forEach((request, index) => {
        const want = expectation(table, request)
        const got = chosen(replies[index])
        const kind = /^\d/.test(want) ? want : 'route'
        outcomes.set(kind, (outcomes.get(kind) ?? 0) + 1)
        if (want !== got) wrong.push({ config: name, request, want, got })
      })
    }
    expect(wrong.slice(0, 20)).toEqual([])
    expect([...outcomes.values()].reduce((sum, count) => sum + count, 0)).toBeGreaterThanOrEqual(20_000)
    expect(Math.min(...['route', '404', '400'].map((kind) => outcomes.get(kind) ?? 0))).toBeGreaterThan(500)
  })

  it('are both forms in earnest: most virtual hosts can be told apart by prefix', () => {
    const hosts = made.flatMap(({ table }) => table.virtualHosts)
    const emitted = hosts.map((host) => emitVirtualHost(host, () => [create(RouteSchema)], 0))
    expect(emitted.filter(({ matcher }) => matcher).length).toBeGreaterThan(hosts.length * 0.8)
    expect(hosts.length).toBeGreaterThan(100)
  })
})

function chosen(reply: RawReply | undefined): string {
  return reply?.status === 200 ? reply.route : String(reply?.status)
}
