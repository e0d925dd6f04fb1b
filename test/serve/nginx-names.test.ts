import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createLookup } from '../../src/live/lookup.ts'
import { type Echo, startEcho } from '../support/echo.ts'
import { send } from '../support/http.ts'
import { startLoad } from '../support/load.ts'
import { type NameServer, startNameServer } from '../support/name-server.ts'
import { until } from '../support/until.ts'
import { type NginxRig, startNginxRig } from './nginx-rig.ts'

let names: NameServer
let echo: Echo
beforeEach(async () => {
  names = await startNameServer()
  echo = await startEcho()
})
afterEach(async () => {
  await names.close()
  await echo.close()
})

const text = (host: string) => (port: number) => `version: 1
listeners: {public: {port: ${port}}}
services:
  named: {discovery: {dns: "${host}:${echo.port}"}}
  fixed: {endpoints: ["127.0.0.1:${echo.port}"]}
routes:
  named: {match: {path: /named/*}, to: named}
  fixed: {match: {path: /fixed/*}, to: fixed}
`
/** `timeoutMs`: how long the name server may take; short where it is silent. */
const start = (host: string, timeoutMs = 10_000): Promise<NginxRig> =>
  startNginxRig(text(host), {
    lookup: createLookup({ servers: [names.address], timeoutMs, hostsFile: '/dev/null', resolvConf: '/dev/null' }),
    namesPace: { minMs: 50, maxMs: 100, retryMs: 50, maxRetryMs: 100 },
  })
const status = async (rig: NginxRig, path: string): Promise<number> => (await send(rig.port, path)).status
const events = (rig: NginxRig, kind: string) => rig.serving.events.filter((event) => event.kind === kind)

describe('names of services on nginx', () => {
  it('are resolved before the first request is served, and followed by one line each', async () => {
    names.zones.set('app.test', { addresses: ['127.0.0.1'], ttl: 0 })
    await using rig = await start('app.test')
    expect(await status(rig, '/named/first')).toBe(200)
    const sent: unknown[] = []
    rig.serving.fleet.onEvent((event) => event.kind === 'pushed' && sent.push([event.proxy.id, event.type, event.resources, event.removed]))
    const load = startLoad({ port: rig.port, rate: 200, path: (index) => `/named/${index}` })
    // The whole of 127.0.0.0/8 is this machine, but the echo listens on one address of it.
    names.zones.set('app.test', { addresses: ['127.0.0.1', '127.0.0.1'], ttl: 0 })
    const asked = names.asked.length
    await until('it was asked for again', () => names.asked.length > asked + 2)
    expect(sent).toEqual([])
    const { failures } = await load.stop()
    expect(failures).toEqual([])
    names.zones.set('app.test', { addresses: ['127.0.0.9'], ttl: 0 })
    await until('requests go to the new address', async () => (await status(rig, '/named/moved')) === 503)
    names.zones.set('app.test', { addresses: ['127.0.0.1'], ttl: 0 })
    await until('and back', async () => (await status(rig, '/named/back')) === 200)
    expect(new Set(sent.map((one) => JSON.stringify(one)))).toEqual(new Set(['["test/worker-0","service",1,0]', '["test/worker-1","service",1,0]']))
    expect([rig.serving.publisher.reloads, rig.nginx.restarts]).toEqual([0, 0])
  })

  it('keep their last good addresses without a failed request, and the status says what is wrong', async () => {
    names.zones.set('app.test', { addresses: ['127.0.0.1'], ttl: 0 })
    await using rig = await start('app.test', 100)
    await until('the addresses are known', async () => (await status(rig, '/named/first')) === 200)
    const load = startLoad({ port: rig.port, rate: 200, path: (index) => `/named/${index}` })
    await until('nothing is wrong', () => [...rig.serving.fleet.proxies()][0]?.waiting.length === 0)
    for (const [zone, words] of [
      [{ fail: 'no-such-name' }, 'there is no such name'],
      [{ addresses: [] }, 'the name has no addresses'],
      [{ fail: 'silent' }, 'no name server answers in time'],
    ] as const) {
      names.zones.set('app.test', zone)
      await until(words, () => [...rig.serving.fleet.proxies()][0]?.waiting.join() === `addresses of app.test: ${words}`)
    }
    const { requests, failures } = await load.stop()
    expect([failures, requests > 20]).toEqual([[], true])
    expect(events(rig, 'name-problem').at(-1)).toMatchObject({ host: 'app.test', addresses: 1 })
  })

  it('one that was never resolved delays no change until it answers, and what is known is written down for the next start', async () => {
    names.zones.set('app.test', { addresses: ['127.0.0.1'], ttl: 0 })
    names.zones.set('hang.test', { fail: 'silent' })
    await using rig = await start('app.test', 120_000)
    await until('the addresses are kept', async () => (await readFile(join(rig.dir, 'names.json'), 'utf8').catch(() => '')).includes('127.0.0.1'))
    // Longer than any test waits.
    await rig.apply(text('hang.test')(rig.port).replace('/fixed/*', '/changed/*'))
    expect(await status(rig, '/changed/1')).toBe(200)
    expect(await status(rig, '/named/1')).toBe(503)
  })
})
