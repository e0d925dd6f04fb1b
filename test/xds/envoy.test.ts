import { durationFromMs } from '@bufbuild/protobuf/wkt'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { XdsEvent } from '../../src/xds/events.ts'
import { createXds } from '../../src/xds/xds.ts'
import type { Xds } from '../../src/xds/xds.ts'
import { freePort } from '../support/free-port.ts'
import { get, getUntil, startBackend, startEnvoy, startLoad, startMute } from './envoy-process.ts'
import type { TestEnvoy } from './envoy-process.ts'
import { cluster, endpoints, listener, routes } from './envoy-resources.ts'
import { many, put } from './samples.ts'

let xds: Xds
let xdsPort: number
let port: number
let backend: Awaited<ReturnType<typeof startBackend>>
let envoy: TestEnvoy
let events: XdsEvent[]
const observe = (event: XdsEvent): unknown => events.push(event)

const base = () => [cluster('a'), endpoints('a', backend.port), routes(['a']), listener(port)]

beforeEach(async () => {
  events = []
  backend = await startBackend()
  port = await freePort()
  xds = createXds({ observe })
  xds.publish(put(...base()))
  xdsPort = (await xds.listen({ host: '127.0.0.1', port: await freePort() })).port
  envoy = await startEnvoy(xdsPort, 'edge-1')
  await getUntil(port, '/a', 200)
})

afterEach(async () => {
  await envoy[Symbol.asyncDispose]()
  await xds.close()
  await backend[Symbol.asyncDispose]()
})

test('a cold start ends in 200 with every type accepted', async () => {
  const [proxy] = xds.status().proxies
  expect(proxy).toMatchObject({ id: 'edge-1', agent: 'envoy', version: '1.40.0', rejected: [] })
  for (const type of ['cluster', 'endpoints', 'listener', 'routes'] as const)
    // Envoy serves as soon as it has a listener, which may be before its acceptance has arrived here.
    await expect.poll(() => xds.status().proxies[0]?.types[type]).toMatchObject({ wanted: { resources: 1 }, sent: 1, accepted: 1 })
})

test('40 clusters with routes, added one by one: 404 or 200, never 503', async () => {
  const seen = new Set<number>()
  const names = ['a']
  for (const name of many(40, 'n')) {
    names.push(name)
    xds.publish(put(cluster(name), endpoints(name, backend.port), routes(names)))
    for (const status of await getUntil(port, `/${name}`, 200)) seen.add(status)
  }
  expect([...seen].sort()).toEqual([200, 404])
})

test('removing a route and its cluster under load: 200, then 404, never 503', async () => {
  xds.publish(put(cluster('b'), endpoints('b', backend.port), routes(['a', 'b'])))
  await getUntil(port, '/b', 200)
  const stop = startLoad(port, '/b')
  const receipt = xds.publish({
    put: [routes(['a'])],
    remove: [
      { type: 'cluster', name: 'b' },
      { type: 'endpoints', name: 'b' },
    ],
  })
  await getUntil(port, '/b', 404)
  expect(await xds.settled(receipt, { timeoutMs: 60_000 })).toMatchObject({ complete: true, answered: 1, rejected: [] })
  const counts = await stop()
  expect(Object.keys(counts).filter((status) => status !== '200' && status !== '404')).toEqual([])
  expect(await get(port, '/a')).toBe(200)
})

test('a changed cluster is warm at once: its endpoints are pushed again', async () => {
  const stop = startLoad(port, '/a')
  for (let i = 1; i <= 10; i++) {
    const receipt = xds.publish(put(cluster('a', { connectTimeout: durationFromMs(1_000 + i) })))
    expect(await xds.settled(receipt, { timeoutMs: 60_000 })).toMatchObject({ complete: true, answered: 1 })
  }
  expect(Object.keys(await stop())).toEqual(['200'])
})

test('the server goes away and comes back: no request fails, nothing is sent again', async () => {
  const stop = startLoad(port, '/a')
  await xds.close()
  await new Promise((resolve) => setTimeout(resolve, 200))
  events = []
  xds = createXds({ observe })
  xds.publish(put(...base()))
  await xds.listen({ host: '127.0.0.1', port: xdsPort })
  await expect.poll(() => xds.status().proxies[0]?.types.routes?.accepted).toBe(1)
  const counts = await stop()
  expect(Object.keys(counts)).toEqual(['200'])
  expect(events.filter((event) => event.kind === 'pushed' && event.resources > 0)).toEqual([])
})

const bad = {
  'an unknown extension': () =>
    cluster('bad', {
      transportSocket: {
        name: 'x',
        configType: { case: 'typedConfig', value: { typeUrl: 'type.googleapis.com/does.not.Exist', value: new Uint8Array() } },
      },
    }),
  'a broken rule of the message type': () => cluster('bad', { connectTimeout: durationFromMs(0) }),
}
for (const [what, make] of Object.entries(bad)) {
  test(`one cluster of 20 has ${what}: the others work, the bad one is named, later changes flow`, async () => {
    const names = many(19, 'n')
    const all = names.flatMap((name) => [cluster(name), endpoints(name, backend.port)])
    const receipt = xds.publish(put(...all.slice(0, 20), make(), endpoints('bad', backend.port), ...all.slice(20), routes(['a', 'bad', ...names])))
    const settled = await xds.settled(receipt, { timeoutMs: 60_000 })
    expect(settled).toMatchObject({
      complete: true,
      rejected: [{ rejection: { type: 'cluster', name: 'bad', owner: 'cluster/bad', heldAt: undefined } }],
    })
    for (const name of names) await getUntil(port, `/${name}`, 200)
    expect(xds.status().proxies[0]?.rejected.map(({ name }) => name)).toEqual(['bad'])
    expect(events.filter(({ kind }) => kind === 'rejected')).toHaveLength(1)
    xds.publish(put(cluster('later'), endpoints('later', backend.port), routes(['a', 'bad', 'later', ...names])))
    await getUntil(port, '/later', 200)
    const mended = xds.publish(put(cluster('bad')))
    expect(await xds.settled(mended, { timeoutMs: 60_000 })).toMatchObject({ complete: true, rejected: [] })
    await getUntil(port, '/bad', 200)
    expect(xds.status().proxies[0]?.rejected).toEqual([])
  })
}

test('a cluster that never becomes warm delays no unrelated route for as long as it is waited for, and is named', async () => {
  const mute = await startMute()
  try {
    const hanging = cluster('mute', {
      healthChecks: [
        {
          timeout: durationFromMs(600_000),
          interval: durationFromMs(600_000),
          unhealthyThreshold: 1,
          healthyThreshold: 1,
          healthChecker: { case: 'httpHealthCheck', value: { path: '/' } },
        },
      ],
    })
    xds.publish(put(hanging, endpoints('mute', mute.port), cluster('b'), endpoints('b', backend.port), routes(['a', 'mute', 'b'])))
    await getUntil(port, '/b', 200)
    await expect.poll(() => xds.status().proxies[0]?.waiting.join()).toContain('mute')
    xds.publish(put(cluster('c'), endpoints('c', backend.port), routes(['a', 'mute', 'b', 'c'])))
    expect([404, 200]).toEqual(expect.arrayContaining(await getUntil(port, '/c', 200)))
    expect(xds.status().proxies[0]?.waiting.join()).toContain('mute')
  } finally {
    await mute[Symbol.asyncDispose]()
  }
})
