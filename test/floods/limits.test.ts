import { readFile, writeFile } from 'node:fs/promises'
import { Agent } from 'node:http'
import { join } from 'node:path'
import { afterEach, expect, it } from 'vitest'
import { staticBootstrap } from '../../src/envoy/static-bootstrap.ts'
import { type Echo, startEcho } from '../support/echo.ts'
import { startEnvoy } from '../support/envoy.ts'
import { freePort } from '../support/free-port.ts'
import { withGatewayFile } from '../support/gateway-file.ts'
import { send } from '../support/http.ts'
import { compileText, runTree, writeTestTree } from '../support/nginx.ts'
import { compileForEnvoy } from '../support/static-envoy.ts'
import { until } from '../support/until.ts'
import { silent } from './h1-floods.ts'

let echo: Echo | undefined
const stops: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop()
  await echo?.close()
})

const text = (port: number, upstream: number): string => `
version: 1
listeners: {public: {port: ${port}, address: 127.0.0.1}}
services: {app: {endpoints: ["127.0.0.1:${upstream}"]}}
routes: {all: {match: {path: /*}, to: app}}
`

it('Envoy takes connections up to its limit and counts the others; who is in is served, and there is room again afterwards', async () => {
  echo = await startEcho()
  const port = await freePort()
  const { resources } = await withGatewayFile(text(port, echo.port), {}, compileForEnvoy)
  const bootstrap = (path: string): string =>
    staticBootstrap(resources.values(), { nodeId: 'edge', nodeCluster: 'test', admin: { type: 'pipe', path }, overload: { maxConnections: 100 } })
  const envoy = await startEnvoy({ bootstrap })
  stops.push(() => envoy.stop())
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const ask = async () => (await send(port, '/', { agent })).status
  expect(await ask()).toBe(200)
  const attack = await silent.run({ plain: port, secure: 0 }, 300)
  await until('the rest is refused', () => attack.refused() >= 200)
  expect(await ask()).toBe(200)
  expect(await envoy.stat('listener.public.downstream_global_cx_overflow')).toBeGreaterThanOrEqual(200)
  expect((await envoy.admin('/ready')).status).toBe(200)
  attack.stop()
  await until('there is room', async () => (await send(port, '/')).status === 200)
  agent.destroy()
})

it('nginx makes room for who speaks by ending connections that say nothing', async () => {
  echo = await startEcho()
  const port = await freePort()
  const { dir, binary } = await writeTestTree(await compileText(text(port, echo.port)), { workers: 1 })
  const conf = join(dir, 'nginx.conf')
  const written = await readFile(conf, 'utf8')
  expect(written).toContain('worker_connections 8192;')
  await writeFile(conf, written.replace('worker_connections 8192;', 'worker_connections 100;'))
  const nginx = await runTree(dir, binary)
  stops.push(() => nginx.stop())
  const attack = await silent.run({ plain: port, secure: 0 }, 300)
  for (let index = 0; index < 10; index++) expect((await send(port, '/')).status).toBe(200)
  expect((await nginx.status()).workers.length).toBe(1)
  await until('those who say nothing are gone', () => attack.refused() > 150)
  attack.stop()
})
