import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type BothEngines, startBoth } from '../support/both-engines.ts'
import type { EngineName } from '../support/engines.ts'
import { type Echo, type Seen, startEcho } from '../support/echo.ts'
import type { Call } from '../support/http.ts'

let both: BothEngines
let echoes: readonly Echo[]
const keys = [
  'client.ip',
  'request.method',
  'request.host',
  'request.header.x-user',
  'request.cookie.session',
  'request.query.user',
  'request.path.user',
]

beforeAll(async () => {
  echoes = await Promise.all(['a', 'b', 'c', 'd', 'e', 'f'].map((name) => startEcho(name)))
  const endpoints = echoes.map(({ port }) => `"127.0.0.1:${port}"`).join(', ')
  const services = keys.map((key) => `  ${nameOf(key)}: {endpoints: [${endpoints}], balancing: {strategy: ring-hash, key: ${key}}}`)
  const routes = keys.map((key) => `  ${nameOf(key)}: {match: {path: "/${nameOf(key)}/{user}/orders/{rest=**}"}, to: ${nameOf(key)}}`)
  both = await startBoth(
    (port) => `version: 1
listeners: {public: {port: ${port}, address: 127.0.0.1}}
services:
${services.join('\n')}
routes:
${routes.join('\n')}
  no-parameter: {match: {path: /no-parameter}, to: request-path-user}
`,
  )
})
afterAll(async () => {
  await both[Symbol.asyncDispose]()
  await Promise.all(echoes.map((echo) => echo.close()))
})

const nameOf = (key: string): string => key.replaceAll('.', '-')

async function instance(engine: EngineName, path: string, call: Call = {}): Promise<string> {
  const reply = await both.send(engine, path, call)
  expect(reply.status, reply.body).toBe(200)
  return (JSON.parse(reply.body) as Seen).instance
}

const methods = [
  'GET',
  'POST',
  'PUT',
  'DELETE',
  'PATCH',
  'OPTIONS',
  'COPY',
  'LOCK',
  'MERGE',
  'MKCOL',
  'MOVE',
  'NOTIFY',
  'PROPFIND',
  'PROPPATCH',
  'PURGE',
  'REPORT',
  'SEARCH',
  'UNLOCK',
]

/** The request whose attribute has the nth value; `noise` differs in everything else. */
function request(key: string, value: number, noise: number): [string, Call] {
  const own = (name: string, of: string): string => (key === name ? `v${value}` : `${of}${noise}`)
  const path = `/${nameOf(key)}/${own('request.path.user', 'p')}/orders/${noise}?a=${noise}&user=${own('request.query.user', 'q')}`
  const headers = {
    host: `${own('request.host', 'h')}.test:${8000 + noise}`,
    'x-user': own('request.header.x-user', 'u'),
    cookie: `other=${noise}; session=${own('request.cookie.session', 's')}; x=1`,
  }
  return [path, { headers, method: methods[(key === 'request.method' ? value : noise) % methods.length] ?? 'GET' }]
}

describe.each(['envoy', 'nginx'] as const)('on %s', (engine) => {
  it.each(keys)('equal values of %s go to the same endpoint, whatever else differs', async (key) => {
    const used = new Set<string>()
    // That all of them fall on the same one of six, with 40 points of the ring each, happens once in 10^12.
    for (let value = 0; value < methods.length; value++) {
      const places = new Set<string>()
      for (let noise = 0; noise < 4; noise++) places.add(await instance(engine, ...request(key, value, noise)))
      expect([...places], `value ${value}`).toHaveLength(1)
      for (const place of places) used.add(place)
    }
    if (key === 'client.ip') expect(used.size).toBe(1)
    else expect(used.size, 'different values spread').toBeGreaterThan(1)
  })

  it('chooses at random where the path has no such parameter', async () => {
    const used = new Set<string>()
    for (let n = 0; n < 40; n++) used.add(await instance(engine, '/no-parameter'))
    expect(used.size).toBeGreaterThan(1)
  })
})
