import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type BothEngines, startBoth } from '../support/both-engines.ts'
import type { EngineName } from '../support/engines.ts'
import { type Echo, type Seen, startEcho } from '../support/echo.ts'
import { until } from '../support/until.ts'

let both: BothEngines
let echoes: readonly Echo[]

beforeAll(async () => {
  echoes = await Promise.all(['v1', 'v2', 'gpu', 'sick'].map((name) => startEcho(name)))
  const [v1, v2, gpu, sick] = echoes.map(({ port }) => `"127.0.0.1:${port}"`)
  const endpoints = `endpoints: [{address: ${v1}, labels: {version: v1, tenant: gold}}, {address: ${v2}, labels: {version: v2, tenant: iron}}, {address: ${gpu}, labels: {version: v2, tenant: gold, capability: [gpu, ssd]}}]`
  const services = ['plain', 'any', 'refuse', 'cookie', 'query', 'path', 'host', 'two', 'fixed', 'fixed-any', 'weighted']
  both = await startBoth(
    (port) => `version: 1
listeners: {public: {port: ${port}, address: 127.0.0.1}}
services:
${services.map((name) => `  ${name}: {${endpoints}}`).join('\n')}
  sick:
    endpoints: [{address: ${sick}, labels: {version: v1}}, {address: ${v2}, labels: {version: v2}}]
    healthCheck: {interval: 50ms, timeout: 5s, unhealthyAfter: 1, healthyAfter: 1}
routes:
  plain: {match: {path: /plain}, to: {service: plain, labels: {version: "{request.header.x-version}"}}}
  any: {match: {path: /any}, to: {service: any, labels: {version: "{request.header.x-version}"}, otherwise: any}}
  refuse: {match: {path: /refuse}, to: {service: refuse, labels: {version: "{request.header.x-version}"}, otherwise: refuse}}
  cookie: {match: {path: /cookie}, to: {service: cookie, labels: {version: "{request.cookie.version}"}}}
  query: {match: {path: /query}, to: {service: query, labels: {version: "{request.query.version}"}, otherwise: refuse}}
  path: {match: {path: "/path/{version}/x"}, rewrite: {path: /x}, to: {service: path, labels: {version: "{request.path.version}"}}}
  host: {match: {path: /host}, to: {service: host, labels: {version: "{request.host}"}}}
  two: {match: {path: /two}, to: {service: two, labels: {version: "{request.header.x-version}", capability: "{request.header.x-capability}"}}}
  fixed: {match: {path: /fixed}, to: {service: fixed, labels: {tenant: gold, version: "{request.header.x-version}"}}}
  fixed-any: {match: {path: /fixed-any}, to: {service: fixed-any, labels: {tenant: gold, version: "{request.header.x-version}"}, otherwise: any}}
  weighted: {match: {path: /weighted}, to: [{service: weighted, weight: 1, labels: {version: "{request.header.x-version}"}}, {service: plain, weight: 1, labels: {version: "{request.header.x-version}"}}]}
  sick: {match: {path: /sick}, to: {service: sick, labels: {version: "{request.header.x-version}"}, otherwise: any}}
`,
  )
})
afterAll(async () => {
  await both[Symbol.asyncDispose]()
  await Promise.all(echoes.map((echo) => echo.close()))
})

/** Instances (or statuses) that answered 24 such requests, sorted. */
async function used(engine: EngineName, path: string, headers: Record<string, string> = {}, times = 24): Promise<string[]> {
  const names = new Set<string>()
  for (let n = 0; n < times; n++) {
    const reply = await both.send(engine, path, { headers })
    names.add(reply.status === 200 ? (JSON.parse(reply.body) as Seen).instance : String(reply.status))
  }
  return [...names].sort()
}

const all = ['gpu', 'v1', 'v2']

describe.each(['envoy', 'nginx'] as const)('on %s', (engine) => {
  it.each<readonly [string, string, Record<string, string>, readonly string[]]>([
    ['the value chooses', '/plain', { 'x-version': 'v1' }, ['v1']],
    ['several endpoints may carry it', '/plain', { 'x-version': 'v2' }, ['gpu', 'v2']],
    ['without the attribute any endpoint is right', '/plain', {}, all],
    ['an empty one is none', '/plain', { 'x-version': '' }, all],
    ['an unknown one is refused', '/plain', { 'x-version': 'v9' }, ['503']],
    ['a hostile one is unknown', '/plain', { 'x-version': '%{}"\\ ${x}]]' }, ['503']],
    ['a name of no label is unknown', '/plain', { 'x-version': '__index' }, ['503']],
    ['otherwise any: a known value chooses', '/any', { 'x-version': 'v1' }, ['v1']],
    ['otherwise any: an unknown one does not', '/any', { 'x-version': 'v9' }, all],
    ['otherwise any: none does not', '/any', {}, all],
    ['otherwise refuse: a known value chooses', '/refuse', { 'x-version': 'v1' }, ['v1']],
    ['otherwise refuse: an unknown one is refused', '/refuse', { 'x-version': 'v9' }, ['503']],
    ['otherwise refuse: none is refused', '/refuse', {}, ['503']],
    ['otherwise refuse: an empty one is refused', '/refuse', { 'x-version': '' }, ['503']],
    ['a cookie chooses', '/cookie', { cookie: 'a=1; version=v1; b=2' }, ['v1']],
    ['no such cookie', '/cookie', { cookie: 'a=1' }, all],
    ['a query parameter chooses', '/query?a=1&version=v1&b=2', {}, ['v1']],
    ['no such parameter', '/query?versions=v1', {}, ['503']],
    ['a path parameter chooses, before the path is rewritten', '/path/v1/x?version=v2', {}, ['v1']],
    ['an unknown path parameter', '/path/v3/x', {}, ['503']],
    ['the host chooses, whatever the port', '/host', { host: 'v1:8080' }, ['v1']],
    ['an unknown host', '/host', { host: 'v3' }, ['503']],
    ['two labels must both fit', '/two', { 'x-version': 'v2', 'x-capability': 'ssd' }, ['gpu']],
    ['an endpoint with a list carries each of its values', '/two', { 'x-capability': 'gpu' }, ['gpu']],
    ['known values that nobody carries together', '/two', { 'x-version': 'v1', 'x-capability': 'gpu' }, ['503']],
    ['two labels, and neither said', '/two', {}, all],
    ['a written label holds as well', '/fixed', { 'x-version': 'v2' }, ['gpu']],
    ['a written label holds without the attribute', '/fixed', {}, ['gpu', 'v1']],
    ['the client cannot say the written label', '/fixed', { tenant: 'iron', 'x-tenant': 'iron' }, ['gpu', 'v1']],
    ['a written label holds when the value is unknown', '/fixed-any', { 'x-version': 'v9' }, ['gpu', 'v1']],
    ['each of several targets chooses', '/weighted', { 'x-version': 'v1' }, ['v1']],
  ])('%s: %s %j → %j', async (_, path, headers, wanted) => {
    expect(await used(engine, path, headers)).toEqual(wanted)
  })

  it('a value whose endpoints are all sick is known: it is refused, also with `otherwise: any`', async () => {
    const sick = echoes.find(({ name }) => name === 'sick')
    if (!sick) throw new Error('it was started')
    expect(await used(engine, '/sick', { 'x-version': 'v1' })).toEqual(['sick'])
    sick.healthy = false
    try {
      await until('it is out', async () => (await used(engine, '/sick', { 'x-version': 'v1' }, 2)).join() === '503')
      expect(await used(engine, '/sick', { 'x-version': 'v1' })).toEqual(['503'])
      expect(await used(engine, '/sick', { 'x-version': 'v9' })).toEqual(['v2'])
    } finally {
      sick.healthy = true
      await until('it is back', async () => (await used(engine, '/sick', { 'x-version': 'v1' }, 2)).join() === 'sick')
    }
  })
})
