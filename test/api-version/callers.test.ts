import { afterAll, beforeAll, expect, it } from 'vitest'
import { startEcho } from '../support/echo.ts'
import { type Engines, startEngines } from '../support/engines.ts'
import { send } from '../support/http.ts'
import { until } from '../support/until.ts'

let engines: Engines
beforeAll(async () => {
  const echo = await startEcho()
  engines = await startEngines(
    (port) => `
version: 1
listeners: {public: {port: ${port}}}
services: {orders: {endpoints: ["127.0.0.1:${echo.port}"]}}
routes:
  old: {match: {path: /v1/*}, to: orders, apiVersion: {version: 1, deprecated: 2026-01-15}}
  older: {hosts: [api.test], match: {path: /v0/*}, to: orders, apiVersion: {version: 0, deprecated: 2025-01-15}}
  new: {match: {path: /v2/*}, to: orders, apiVersion: {version: 2}}
`,
  )
})
afterAll(() => engines.stop())

async function call(port: number): Promise<void> {
  const paths = [
    ...Array.from({ length: 7 }, () => '/v1/x'),
    ...Array.from({ length: 3 }, () => '/v0/x'),
    ...Array.from({ length: 5 }, () => '/v2/x'),
  ]
  const replies = await Promise.all(paths.map((path) => send(port, path, { headers: { host: path === '/v0/x' ? 'api.test' : 'other.test' } })))
  expect(replies.map(({ status }) => status)).toEqual(paths.map(() => 200))
}

it('Envoy counts callers of deprecated versions by route, and no others', async () => {
  await call(engines.ports.envoy)
  const stats = await until('the calls are counted', async () => {
    const { body } = await engines.envoy.admin('/stats?filter=^vhost')
    return body.includes('upstream_rq_total: 7') && body
  })
  // A route without hosts stands in every virtual host.
  const counted = stats.split('\n').filter((line) => line !== '' && !line.endsWith(': 0'))
  expect(counted.sort()).toEqual(['vhost.*.route.old.upstream_rq_total: 7', 'vhost.api.test.route.older.upstream_rq_total: 3'])
  expect(stats).not.toContain('route.new')
})

it('nginx counts them over all workers', async () => {
  await call(engines.ports.nginx)
  const { body } = await engines.nginx.admin('GET', '/metrics')
  expect(body.split('\n').filter((line) => line.startsWith('sluice_deprecated_calls_total'))).toEqual([
    'sluice_deprecated_calls_total{route="old"} 7',
    'sluice_deprecated_calls_total{route="older"} 3',
  ])
})
