import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Service } from '../../src/model/gateway.ts'
import { documentText, stateOf } from '../../src/nginx/state.ts'
import { type Echo, startEcho } from '../support/echo.ts'
import { send } from '../support/http.ts'
import { startLoad } from '../support/load.ts'
import { until } from '../support/until.ts'
import { type NginxRig, startNginxRig } from './nginx-rig.ts'

let a: Echo
let b: Echo
beforeEach(async () => {
  ;[a, b] = await Promise.all([startEcho('a'), startEcho('b')])
})
afterEach(() => Promise.all([a.close(), b.close()]))

const text = (port: number, more = ''): string => `version: 1
listeners: {public: {port: ${port}}}
services:
  app: {endpoints: ["127.0.0.1:${a.port}"]${more}}
routes:
  app: {match: {path: /*}, to: app}
`
const instance = async ({ port }: NginxRig): Promise<string> => (JSON.parse((await send(port, '/')).body) as { instance: string }).instance
const serviceOf = ({ serving }: NginxRig): Service => {
  const service = serving.good.gateway.services.get('app')
  if (!service) throw new Error('there is no app')
  return service
}
const movedTo = (service: Service, port: number): Service => ({
  ...service,
  discovery: { type: 'static', endpoints: service.discovery.endpoints.map((endpoint) => ({ ...endpoint, port })) },
})

describe('an nginx that is kept equal to the files', () => {
  it('takes a change of one service as one line, whatever else there is, and keeps it over edits of other things', async () => {
    const routes = Array.from({ length: 2_000 }, (_, index) => `  r${index}: {match: {path: /r/${index}}, respond: {status: 204}}\n`).join('')
    await using rig = await startNginxRig((port) => text(port) + routes)
    const sent: (readonly [string, number, number])[] = []
    rig.serving.fleet.onEvent((event) => event.kind === 'pushed' && sent.push([event.type, event.resources, event.bytes]))
    const receipt = rig.serving.publisher.update(movedTo(serviceOf(rig), b.port))
    expect(receipt.changed).toEqual([{ type: 'service', name: 'app' }])
    expect(await rig.serving.fleet.settled(receipt)).toMatchObject({ complete: true, answered: 2, rejected: [], waiting: [] })
    expect(await instance(rig)).toBe('b')
    expect(sent.map(([type, resources, bytes]) => [type, resources, bytes < 400])).toEqual(Array(2).fill(['service', 1, true]))
    expect(rig.serving.publisher.update(movedTo(serviceOf(rig), b.port)).changed).toEqual([])
    await rig.apply(`${text(rig.port)}${routes}  new: {match: {path: /new}, respond: {status: 201}}\n`)
    expect([(await send(rig.port, '/new')).status, await instance(rig)]).toEqual([201, 'b'])
    // An edit of the service itself is the new truth.
    await rig.apply(text(rig.port, ', caps: {connections: 10}') + routes)
    expect([await instance(rig), rig.serving.publisher.reloads]).toEqual(['a', 0])
  })

  it('has its configuration back after kill -9 of all workers, with what changed without the file', async () => {
    await using rig = await startNginxRig(text)
    await rig.serving.fleet.settled(rig.serving.publisher.update(movedTo(serviceOf(rig), b.port)))
    const events: string[] = []
    rig.serving.fleet.onEvent(({ kind }) => events.push(kind))
    const old = await rig.workers()
    for (const pid of old) process.kill(pid, 'SIGKILL')
    await until('new workers are there', async () => {
      const now = await rig.workers()
      return now.length === 2 && now.every((pid) => !old.includes(pid))
    })
    const load = startLoad({ port: rig.port, rate: 200, path: (index) => `/${index}` })
    await until('they are noticed', () => events.filter((kind) => kind === 'connected').length === 2)
    expect((await load.stop()).failures).toEqual([])
    expect([await instance(rig), events.filter((kind) => kind === 'pushed')]).toEqual(['b', []])
    await until('they are shown as current', () =>
      [...rig.serving.fleet.proxies()].every(({ types }) => Object.values(types).every((type) => type?.accepted === type?.wanted.resources)),
    )
    expect(rig.serving.publisher.ready).toBe(true)
  })

  it('is put right when somebody else changes it', async () => {
    await using rig = await startNginxRig(text)
    const { state } = rig.serving.good
    const other = stateOf([...state.lines.values()].filter(({ key }) => !/^(route|host|service)\//.test(key)))
    expect(documentText(other)).not.toBe(documentText(state))
    let pushes = 0
    rig.serving.fleet.onEvent(({ kind }) => void (pushes += kind === 'pushed' ? 1 : 0))
    expect(await rig.nginx.admin.put(other)).toMatchObject({ accepted: true, version: other.version })
    await until('it is put right', async () => pushes > 0 && (await rig.nginx.admin.status()).version === state.version)
    expect((await send(rig.port, '/')).status).toBe(200)
  })

  it('that dies and starts again serves what was wanted meanwhile', async () => {
    await using rig = await startNginxRig(text)
    process.kill(rig.nginx.pid ?? 0, 'SIGKILL')
    await until('it is gone', () => rig.nginx.pid === undefined)
    const receipt = await rig.save(text(rig.port).replace(String(a.port), String(b.port)))
    await until('it is back', () => rig.nginx.pid !== undefined)
    expect(await until('it has the change', async () => (await instance(rig)) === 'b')).toBe(true)
    expect(await rig.serving.fleet.settled(receipt)).toMatchObject({ complete: true })
    expect(rig.nginx.restarts).toBe(1)
  })

  it('tells which endpoints get no requests, and why', async () => {
    const checked = ', healthCheck: {path: /health, interval: 50ms, timeout: 30s, unhealthyAfter: 1, healthyAfter: 1}'
    await using rig = await startNginxRig((port) => text(port, checked))
    expect(await rig.nginx.admin.sick()).toEqual([])
    a.healthy = false
    const sick = await until('it is sick', async () => {
      const found = await rig.nginx.admin.sick()
      return found.length > 0 && found
    })
    expect(sick).toEqual([{ service: 'app', address: `127.0.0.1:${a.port}`, reason: 'failed health check' }])
    a.healthy = true
    await until('it is well', async () => (await rig.nginx.admin.sick()).length === 0)
  })
})
