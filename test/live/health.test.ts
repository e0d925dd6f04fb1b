import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Rig, startRig } from '../serve/rig.ts'
import { type Echo, startEcho } from '../support/echo.ts'
import { send } from '../support/http.ts'
import { sickOn } from '../support/sick.ts'
import { probedGrpc } from '../support/probed.ts'
import { until } from '../support/until.ts'

let rig: Rig
let text: (port: number, more?: string) => string
let rpc: Awaited<ReturnType<typeof probedGrpc>>
let a: Echo, b: Echo, c: Echo, d: Echo, e: Echo

beforeAll(async () => {
  ;[a, b, c, d, e] = (await Promise.all(['a', 'b', 'c', 'd', 'e'].map((name) => startEcho(name)))) as [Echo, Echo, Echo, Echo, Echo]
  rpc = await probedGrpc()
  text = (port, more = '') => `version: 1
listeners: {public: {port: ${port}, address: 127.0.0.1}}
services:
  checked:
    endpoints: ["127.0.0.1:${a.port}", "127.0.0.1:${b.port}"]
    healthCheck: {path: /health, interval: 100ms, timeout: 30s, unhealthyAfter: 3, healthyAfter: 2}
    ${more}
  rpc: {endpoints: ["127.0.0.1:${rpc.port}"], protocol: grpc, healthCheck: {grpc: {service: shop.Orders}, interval: 50ms, timeout: 30s}}
  guarded:
    endpoints: ["127.0.0.1:${c.port}", "127.0.0.1:${d.port}"]
    circuitBreaker: {openWhen: {failures: 3}, openFor: 100s}
  briefly:
    endpoints: ["127.0.0.1:${c.port}", "127.0.0.1:${e.port}"]
    circuitBreaker: {openWhen: {failures: 3}, openFor: 300ms}
routes:
  checked: {match: {path: /checked}, to: checked}
  guarded: {match: {path: /guarded}, to: guarded}
  briefly: {match: {path: /briefly}, to: briefly}
  rpc: {match: {path: /shop.Orders/*}, to: rpc}
`
  rig = await startRig((port) => text(port))
})

afterAll(async () => {
  await rig[Symbol.asyncDispose]()
  await Promise.all([a, b, c, d, e].map((echo) => echo.close()))
  rpc.close()
})

/** Makes `b` tell so many checks that it is sick, and all others that it is well; resolves when it has. */
async function sickChecks(count: number): Promise<void> {
  let left = count
  await new Promise<void>((resolve) => {
    b.healthy = false
    b.checked = () => {
      b.healthy = left-- <= 0
      if (b.healthy) resolve()
    }
  })
  b.checked = () => {}
}

const stat = (name: string) => rig.envoy.stat(`cluster.${name}`)

it('takes a sick instance out after `unhealthyAfter` failed checks, not at the first, and takes it back', async () => {
  await until('both are healthy', async () => (await stat('checked.membership_healthy')) === 2)
  const [failed, changes] = [await stat('checked.health_check.failure'), await stat('checked.membership_change')]
  await sickChecks(2)
  const passed = await stat('checked.health_check.success')
  await until('both were asked again', async () => (await stat('checked.health_check.success')) > passed + 3)
  expect([(await stat('checked.health_check.failure')) - failed, await stat('checked.membership_change')]).toEqual([2, changes])
  b.healthy = false
  await until('the sick one is out', async () => (await stat('checked.membership_healthy')) === 1)
  expect(await stat('checked.health_check.failure')).toBeGreaterThanOrEqual(failed + 2 + 3)
  b.seen.length = 0
  for (let index = 0; index < 20; index++) expect((await send(rig.port, '/checked')).status).toBe(200)
  expect(b.seen.length).toBe(0)
  b.healthy = true
  await until('it is back', async () => (await stat('checked.membership_healthy')) === 2)
  for (let index = 0; index < 4; index++) await send(rig.port, '/checked')
  expect(b.seen.length).toBe(2)
})

it('sends nothing to endpoints that are known to be sick, even when all are', async () => {
  a.healthy = b.healthy = false
  await until('both are out', async () => (await stat('checked.membership_healthy')) === 0)
  expect((await send(rig.port, '/checked')).status).toBe(503)
  a.healthy = b.healthy = true
  await until('both are back', async () => (await stat('checked.membership_healthy')) === 2)
})

it.each([
  ['the balancing', 'balancing: random', 2],
  ['the caps', 'caps: {requests: 100}', 2],
])('sends nothing to a sick instance after a change of %s', async (_, more, members) => {
  b.healthy = false
  await until('the sick one is out', async () => (await stat('checked.membership_healthy')) === 1)
  b.seen.length = 0
  await rig.apply(text(rig.port, more))
  for (let index = 0; index < 30; index++) expect((await send(rig.port, '/checked')).status).toBe(200)
  expect(await stat('checked.membership_total')).toBe(members)
  expect(b.seen.length).toBe(0)
  b.healthy = true
  await until('it is back', async () => (await stat('checked.membership_healthy')) === 2)
})

it('asks by the gRPC health protocol', async () => {
  const call = () => send(rig.port, '/shop.Orders/Get', { method: 'POST', headers: { 'content-type': 'application/grpc', te: 'trailers' } })
  await until('it serves', async () => (await call()).headers['grpc-status'] === undefined)
  expect(rpc.service).toBe('shop.Orders')
  rpc.well = false
  await until('it is out', async () => (await call()).headers['grpc-status'] === '14')
  const served = rpc.served
  for (let index = 0; index < 5; index++) await call()
  expect(rpc.served).toBe(served)
})

it('ejects an endpoint that keeps failing', async () => {
  d.status = 500
  for (let sent = 0; d.seen.length < 3 && sent < 8; sent++) await send(rig.port, '/guarded')
  await until('the failing one is ejected', async () => (await sickOn(rig.envoy, 'guarded')).length === 1)
  for (let index = 0; index < 5; index++) expect((await send(rig.port, '/guarded')).status).toBe(200)
  expect(d.seen.length).toBe(3)
})

it('takes an ejected endpoint back after `openFor`', async () => {
  e.status = 500
  await until('the failing one was ejected', async () => {
    await send(rig.port, '/briefly')
    return (await stat('briefly.outlier_detection.ejections_enforced_total')) > 0
  })
  e.status = 200
  await until('it is back', async () => (await stat('briefly.outlier_detection.ejections_active')) === 0)
  const seen = e.seen.length
  await until('it serves', async () => {
    await send(rig.port, '/briefly')
    return e.seen.length > seen
  })
})
