import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type EngineName, engineNames, type Engines, startEngines } from '../support/engines.ts'
import { send } from '../support/http.ts'
import { compileText } from '../support/nginx.ts'
import { type Probed, probedHttp, probedTcp } from '../support/probed.ts'
import { until } from '../support/until.ts'

/** Each engine has backends of its own: what is counted is what one gateway asks. */
type Backends = Readonly<Record<'text' | 'banner' | 'sick' | 'idle' | 'fine', Probed>>
const backends = {} as Record<EngineName, Backends>
let engines: Engines
let text: (port: number, of: Backends, interval?: string) => string

async function startBackends(): Promise<Backends> {
  const [text, banner, sick, idle, fine] = await Promise.all([probedHttp(), probedTcp(), probedHttp(), probedHttp(), probedHttp()])
  sick.well = false
  return { text, banner, sick, idle, fine }
}

beforeAll(async () => {
  const often = (interval = '50ms', timeout = '30s'): string => `interval: ${interval}, timeout: ${timeout}, unhealthyAfter: 2, healthyAfter: 2`
  const http = `http: {path: /health, body: '"status":"ok"', headers: {X-Probe: "50%"}}`
  text = (port, of, interval) => `
version: 1
name: t
listeners: {public: {port: ${port}, address: 127.0.0.1, errorFormat: json}}
services:
  text: {endpoints: ["127.0.0.1:${of.text.port}"], healthCheck: {${http}, ${often(interval)}}}
  banner: {endpoints: ["127.0.0.1:${of.banner.port}"], healthCheck: {tcp: {send: "PING\\r\\n", receive: PONG}, ${often(interval, '50ms')}}}
  sick: {endpoints: ["127.0.0.1:${of.sick.port}", "127.0.0.1:${of.fine.port}"], healthCheck: {${http}, ${often(interval)}, unhealthyInterval: 400ms, jitter: 50%}}
  idle: {endpoints: ["127.0.0.1:${of.idle.port}"], healthCheck: {${http}, ${often(interval)}, idleInterval: 600ms}}
routes:
${['text', 'banner', 'sick', 'idle'].map((name) => `  ${name}: {match: {path: /${name}/*}, to: ${name}}`).join('\n')}
`
  backends.envoy = await startBackends()
  backends.nginx = await startBackends()
  let first = true
  engines = await startEngines((port) => {
    const made = text(port, first ? backends.envoy : backends.nginx)
    first = false
    return made
  })
})
afterAll(async () => {
  await engines.stop()
  for (const of of Object.values(backends)) for (const one of Object.values(of)) one.close()
})

describe.each(engineNames)('health checks on %s', (engine) => {
  const get = async (path: string): Promise<number> => (await send(engines.ports[engine], path)).status
  const of = (): Backends => backends[engine]
  /** Questions to `other` while `one` is asked so many times. */
  const asked = async (one: Probed, times: number, other: Probed): Promise<number> => {
    const [begin, before] = [one.asked, other.asked]
    await until('it was asked so often', () => one.asked >= begin + times)
    return other.asked - before
  }

  it('wait before the first request as long as `idleInterval` says', async () => {
    const { idle, fine } = of()
    await until('it was asked', () => idle.asked > 0)
    // Beside one that is asked every 50 ms.
    await until('it is left alone', async () => (await asked(fine, 6, idle)) <= 1)
    await until('it serves', async () => (await get('/idle/')) === 200)
    await until('it is asked as often', async () => (await asked(fine, 6, idle)) >= 3)
  })

  it.each([
    ['/text/', 'text'],
    ['/banner/', 'banner'],
  ] as const)('look into the answer: %s', async (path, name) => {
    const backend = of()[name]
    await until('it serves', async () => (await get(path)) === 200)
    backend.well = false
    await until('it is out', async () => (await get(path)) === 503)
    const served = backend.served
    for (let index = 0; index < 5; index++) expect(await get(path)).toBe(503)
    expect(backend.served).toBe(served)
    backend.well = true
    await until('it is back', async () => (await get(path)) === 200)
  })

  it('carry the headers that were asked for', () => {
    const { headers } = of().text
    expect([headers['x-probe'], headers.host]).toEqual(['50%', 'text'])
  })

  it('leave a sick endpoint alone for longer', async () => {
    const { sick, fine } = of()
    await until('it is out', async () => (await engines.sick(engine, 'sick')).length === 1)
    const before = sick.served
    for (let index = 0; index < 6; index++) expect(await get('/sick/')).toBe(200)
    expect(sick.served).toBe(before)
    // Less than half as often as the other one, and yet again and again.
    await until('it is left alone', async () => (await asked(fine, 12, sick)) <= 5)
    const now = sick.asked
    await until('it is asked again', () => sick.asked > now + 1)
  })
})

it('what nginx knows of a sick endpoint outlives a new configuration and a reload', async () => {
  const { nginx } = engines
  const { sick, fine } = backends.nginx
  // From now on nobody is asked for a long time: what follows is remembered, not found out.
  await nginx.put((await compileText(text(engines.ports.nginx, backends.nginx, '30s'))).state)
  const asked = sick.asked
  const served = fine.served
  for (let index = 0; index < 10; index++) expect((await send(engines.ports.nginx, '/sick/')).status).toBe(200)
  const old = await nginx.workers()
  nginx.process.kill('SIGHUP')
  await until('new workers serve', async () => {
    const now = await nginx.workers()
    return now.length === 2 && now.every((pid) => !old.includes(pid))
  })
  for (let index = 0; index < 10; index++) expect((await send(engines.ports.nginx, '/sick/')).status).toBe(200)
  expect([sick.served, fine.served - served]).toEqual([0, 20])
  expect(sick.asked - asked).toBeLessThanOrEqual(4)
  expect(nginx.output()).not.toMatch(/\[error\].*lua|traceback|\[crit\]/)
})
