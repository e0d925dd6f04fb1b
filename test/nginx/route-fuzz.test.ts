import { afterAll, beforeAll, expect, it } from 'vitest'
import { match } from '../../src/model/match.ts'
import { rank, type RouteTable } from '../../src/model/rank.ts'
import { freePort } from '../support/free-port.ts'
import { startNginx, type TestNginx } from '../support/nginx.ts'
import { gatewayOf, listenerOn, madeOf, nginxIsStricter, telling } from '../support/nginx-routes.ts'
import { seeded } from '../support/random.ts'
import { exchange, type RawRequest } from '../support/raw-http.ts'
import { catchAll, randomRequest, randomRoutes } from '../support/route-fuzz.ts'

const seed = Number(process.env['FUZZ_SEED'] ?? 20_261)
const configs = 48
const requestsPerConfig = 450

interface Config {
  readonly port: number
  readonly table: RouteTable
  readonly requests: readonly RawRequest[]
}

let nginx: TestNginx
const made: Config[] = []

beforeAll(async () => {
  const parts = []
  for (let index = 0; index < configs; index++) {
    const random = seeded(seed + index)
    const routes = randomRoutes(random, index === 0 ? 300 : 4 + random.below(36))
    const listener = listenerOn(`c${index}`, await freePort())
    const own = (index % 3 === 0 ? [...routes, catchAll] : routes).map((route) =>
      telling(route, { name: `c${index}-${route.name}`, listeners: [listener.name] }),
    )
    made.push({ port: listener.port, table: rank(own, listener), requests: random.many(requestsPerConfig, () => randomRequest(random)) })
    parts.push({ listener, own })
  }
  const gateway = gatewayOf(
    parts.map(({ listener }) => listener),
    parts.flatMap(({ own }) => own),
  )
  nginx = await startNginx(madeOf(gateway))
})
afterAll(() => nginx.stop())

/** What the model says, in the words of a reply. */
function expectation(table: RouteTable, { method, host, path, headers }: RawRequest): string {
  const matched = match(table, { method, host, path, headers: headers.map(([name, value]) => [name.toLowerCase(), value] as const) })
  return matched.type === 'route' ? matched.entry.route.name : matched.type === 'none' ? '404' : '400'
}

it('chooses the same route as the model on a real nginx, for 20,000 requests near the boundaries', async () => {
  const wrong: object[] = []
  const outcomes = new Map<string, number>()
  let stricter = 0
  for (const { port, table, requests } of made) {
    const replies = await exchange(port, requests)
    requests.forEach((request, index) => {
      const want = expectation(table, request)
      const got = replies[index]?.status === 200 ? replies[index].route : String(replies[index]?.status)
      const kind = /^\d/.test(want) ? want : 'route'
      outcomes.set(kind, (outcomes.get(kind) ?? 0) + 1)
      if (want === got) return
      if (got === '400' && nginxIsStricter(request.path)) stricter++
      else wrong.push({ request, want, got })
    })
  }
  expect(wrong.slice(0, 20)).toEqual([])
  expect([...outcomes.values()].reduce((sum, count) => sum + count, 0)).toBeGreaterThanOrEqual(20_000)
  expect(Math.min(...['route', '404', '400'].map((kind) => outcomes.get(kind) ?? 0))).toBeGreaterThan(500)
  expect(stricter).toBeLessThan(1_500)
})
