import { createServer } from 'node:net'
import { Type } from 'typebox'
import { expect, test } from 'vitest'
import { features } from '../../src/features/index.ts'
import type { Feature } from '../../src/feature.ts'
import { startEcho } from '../support/echo.ts'
import { freePort } from '../support/free-port.ts'
import { send } from '../support/http.ts'
import { startLoad } from '../support/load.ts'
import { until } from '../support/until.ts'
import { startRig } from './rig.ts'

/** A TCP port that takes connections and never says a word: a health check against it hangs. */
async function startMute(): Promise<{ readonly port: number; close(): void }> {
  const sockets = new Set<{ destroy(): void }>()
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => socket.destroy()))
  })
  const port = await freePort()
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  return {
    port,
    close: () => {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}

const routesFor = (names: readonly string[]): string => names.map((name) => `  ${name}: {match: {path: /${name}}, to: ${name}}\n`).join('')

test('a hanging health check and a name that does not resolve delay no other change', async () => {
  const [good, mute] = [await startEcho(), await startMute()]
  const ok = `{endpoints: ["127.0.0.1:${good.port}"]}`
  const text = (port: number, services: Record<string, string>): string =>
    `version: 1\nlisteners: {public: {port: ${port}}}\nservices:\n${Object.entries(services)
      .map(([name, value]) => `  ${name}: ${value}\n`)
      .join('')}routes:\n${routesFor(Object.keys(services))}`
  await using rig = await startRig((port) => text(port, { first: ok }))
  const load = startLoad({ port: rig.port, rate: 100, path: () => '/first' })
  const sick = {
    hanging: `{endpoints: ["127.0.0.1:${mute.port}"], healthCheck: {path: /health, interval: 300s, timeout: 299s}}`,
    nowhere: '{discovery: {dns: "does-not-exist.invalid:80"}}',
  }
  let services: Record<string, string> = { first: ok, ...sick }
  await rig.save(text(rig.port, services))
  // Each of these goes out while the proxy still waits for the sick ones.
  for (const name of ['n1', 'n2', 'n3']) {
    services = { ...services, [name]: ok }
    await rig.save(text(rig.port, services))
    const statuses = new Set<number>()
    await until(`${name} is served`, async () => {
      const { status } = await send(rig.port, `/${name}`)
      statuses.add(status)
      return status === 200
    })
    expect([...statuses].filter((status) => status !== 200 && status !== 404)).toEqual([])
  }
  const [proxy] = rig.serving.xds.status().proxies
  expect(proxy?.waiting).toContainEqual(expect.stringContaining('hanging'))
  const publishes = rig.serving.events.filter(({ kind }) => kind === 'published').length
  expect(publishes).toBe(5)
  const { failures } = await load.stop()
  expect(failures).toEqual([])
  mute.close()
  await good.close()
})

/** Emits, for services that ask for it, what sluice's own checks let pass and Envoy refuses: a host name where an address must stand. */
const poison: Feature<string> = {
  name: 'poison',
  points: [{ at: 'service', key: 'poison', schema: Type.String({ description: 'An address.' }), merge: 'replace' }],
  lower: (value) => String(value),
  envoy: {
    cluster: (value) => ({
      cluster: {
        altStatName: '',
        lrsReportEndpointMetrics: [],
        upstreamBindConfig: { sourceAddress: { address: value, portSpecifier: { case: 'portValue', value: 0 } } },
      },
    }),
  },
}

test('one bad resource among many: the good ones serve, the bad one is named with its owner', async () => {
  const backend = await startEcho()
  const text = (port: number, count: number, bad: number | undefined): string => {
    const names = Array.from({ length: count }, (_, i) => `n${i}`)
    return `version: 1\nlisteners: {public: {port: ${port}}}\nservices:\n${names
      .map((name, i) => `  ${name}: {endpoints: ["127.0.0.1:${backend.port}"]${i === bad ? ', poison: not-an-address' : ''}}\n`)
      .join('')}routes:\n${routesFor(names)}`
  }
  await using rig = await startRig((port) => text(port, 5, undefined), { features: [...features, poison] })
  const load = startLoad({ port: rig.port, rate: 200, path: (index) => `/n${index % 5}` })
  await rig.apply(text(rig.port, 60, 37))
  const rejected = (): readonly { name: string; owner: string | undefined; type: string; message: string }[] =>
    rig.serving.xds.status().proxies[0]?.rejected ?? []
  await until('the bad one is named', () => rejected().length > 0)
  expect(rejected()).toEqual([expect.objectContaining({ type: 'cluster', name: 'n37', owner: 'service/n37' })])
  for (const i of [5, 36, 38, 59]) await until(`n${i} serves`, async () => (await send(rig.port, `/n${i}`)).status === 200)
  // An edit of a service that worked before: the old one stays in use.
  await rig.apply(text(rig.port, 60, 3))
  await until('the other bad one is named', () => rejected().some(({ name }) => name === 'n3'))
  await until('the mended one serves', async () => (await send(rig.port, '/n37')).status === 200)
  expect(rejected().map(({ name }) => name)).toEqual(['n3'])
  const { failures } = await load.stop()
  expect(failures).toEqual([])
  await backend.close()
})
