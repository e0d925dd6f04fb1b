import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import type { Route, Service } from '../../src/model/gateway.ts'
import { deltaBetween, deltaText } from '../../src/nginx/delta.ts'
import { documentText } from '../../src/nginx/state.ts'
import { type Echo, startEcho } from '../support/echo.ts'
import { freePort } from '../support/free-port.ts'
import { type ForNginx, runTree, startNginx, type TestNginx, writeTestTree } from '../support/nginx.ts'
import { gatewayOf, listenerOn, madeOf, serviceOn, telling, to } from '../support/nginx-routes.ts'
import { send } from '../support/http.ts'
import { routeOf } from '../support/routes.ts'
import { until } from '../support/until.ts'

let nginx: TestNginx | undefined
afterEach(async () => {
  await nginx?.stop()
  nginx = undefined
})

const made = (port: number, services: readonly Service[], routes: readonly Route[]): ForNginx =>
  madeOf(gatewayOf([listenerOn('public', port)], routes, services))
const instance = async (port: number, path = '/'): Promise<string> => {
  const reply = await send(port, path)
  return reply.status === 200 && reply.body !== '' ? (JSON.parse(reply.body) as { instance: string }).instance : String(reply.status)
}

/** Asks without a pause until `stop`, and more than 300 times; tells every answer that was not one of `good`. */
function load(port: number, good: readonly string[], lanes = 4): { stop(): Promise<string[]> } {
  let going = true
  let asked = 0
  const bad: string[] = []
  const lane = async (): Promise<void> => {
    while (going) {
      const said = await instance(port).catch((error: unknown) => String(error))
      asked++
      if (!good.includes(said)) bad.push(said)
    }
  }
  const all = Promise.all(Array.from({ length: lanes }, lane))
  return {
    stop: async () => {
      await until('enough was asked', () => asked > 300)
      going = false
      await all
      return bad
    },
  }
}

async function two(): Promise<{ port: number; echoes: readonly [Echo, Echo]; variants: readonly [ForNginx, ForNginx] }> {
  const port = await freePort()
  const echoes = [await startEcho('one'), await startEcho('two')] as const
  const variant = (echo: Echo) => made(port, [serviceOn('echo', [echo.port])], [routeOf('all', '/*', to('echo'))])
  return { port, echoes, variants: [variant(echoes[0]), variant(echoes[1])] }
}

describe('live updates of a real nginx', () => {
  it('take 100 full documents under load: no request fails, none sees the old one after the reply, nothing is reloaded', async () => {
    const { port, variants } = await two()
    nginx = await startNginx(variants[0])
    const workers = await nginx.workers()
    const traffic = load(port, ['one', 'two'])
    const stale: string[] = []
    for (let round = 1; round <= 100; round++) {
      const reply = await nginx.put(variants[round % 2 === 0 ? 0 : 1].state)
      expect([reply.status, JSON.parse(reply.body)]).toMatchObject([
        200,
        { applied: true, saved: true, version: variants[round % 2 === 0 ? 0 : 1].state.version },
      ])
      for (const said of await Promise.all([instance(port), instance(port), instance(port)])) {
        if (said !== (round % 2 === 0 ? 'one' : 'two')) stale.push(`${round} ${said}`)
      }
    }
    const bad = await traffic.stop()
    expect([bad, stale]).toEqual([[], []])
    expect(await nginx.workers()).toEqual(workers)
    expect(await nginx.status()).toMatchObject({ number: 101, deltas: 0, version: variants[0].state.version })
  })

  it('take 200 deltas of one service under load, beside 2,000 routes', async () => {
    const port = await freePort()
    const echoes = [await startEcho('one'), await startEcho('two')] as const
    const many = Array.from({ length: 2_000 }, (_, index) => telling(routeOf(`r${index}`, `/r/${index}/*`)))
    const variant = (echo: Echo) => made(port, [serviceOn('echo', [echo.port])], [...many, routeOf('all', '/*', to('echo'))])
    const variants = [variant(echoes[0]), variant(echoes[1])] as const
    nginx = await startNginx(variants[0])
    const workers = await nginx.workers()
    const traffic = load(port, ['one', 'two'])
    const wrong: string[] = []
    for (let round = 1; round <= 200; round++) {
      const delta = round % 2 === 1 ? deltaBetween(variants[0].state, variants[1].state) : deltaBetween(variants[1].state, variants[0].state)
      expect([delta.put.map(({ key }) => key), delta.remove]).toEqual([['service/echo'], []])
      // Every other one without waiting for the workers: still no request sees the old state.
      expect(await nginx.live.post(delta, round % 2 === 0)).toMatchObject({
        accepted: true,
        version: delta.to,
        ...(round % 2 === 0 ? { applied: true } : {}),
      })
      const said = await instance(port)
      if (said !== (round % 2 === 1 ? 'two' : 'one')) wrong.push(`${round} ${said}`)
    }
    const bad = await traffic.stop()
    expect([bad, wrong]).toEqual([[], []])
    expect(await nginx.workers()).toEqual(workers)
    expect(await nginx.status()).toMatchObject({ number: 201, deltas: 200 })
    expect((await send(port, '/r/1999/x')).headers['x-route']).toBe('r1999')
  })

  it('take changes from many at once, one after the other: of equal deltas one is taken, the others are stale', async () => {
    const { port, variants } = await two()
    const started = (nginx = await startNginx(variants[0]))
    const delta = deltaBetween(variants[0].state, variants[1].state)
    const reports = await Promise.all(Array.from({ length: 12 }, () => started.live.post(delta)))
    expect(reports.filter(({ accepted }) => accepted).length).toBe(1)
    expect(reports.filter((report) => !report.accepted && report.stale).length).toBe(11)
    const puts = await Promise.all(Array.from({ length: 12 }, (_, index) => started.live.put(variants[index % 2 === 0 ? 0 : 1].state)))
    expect(puts.every(({ accepted }) => accepted)).toBe(true)
    const { version, workers } = await started.live.status()
    expect(workers.map((worker) => worker.version)).toEqual([version, version])
    expect(await instance(port)).toBe(version === variants[0].state.version ? 'one' : 'two')
  })

  it('are folded by the same state as a whole document, and not taken twice', async () => {
    const { port, variants } = await two()
    nginx = await startNginx(variants[0])
    await nginx.post(deltaBetween(variants[0].state, variants[1].state))
    expect(await nginx.status()).toMatchObject({ number: 2, deltas: 1 })
    expect((await nginx.put(variants[1].state)).status).toBe(200)
    expect(await nginx.status()).toMatchObject({ number: 3, deltas: 0, version: variants[1].state.version })
    expect((await nginx.put(variants[1].state)).status).toBe(200)
    expect(await nginx.status()).toMatchObject({ number: 3, deltas: 0 })
    expect(await instance(port)).toBe('two')
  })

  it('change routes, hosts and listeners’ routes by delta as a full document would', async () => {
    const port = await freePort()
    const before = made(port, [], [telling(routeOf('a', '/a/*')), telling(routeOf('b', '/b/*')), telling(routeOf('gone', '/gone'))])
    const after = made(
      port,
      [serviceOn('new', [9])],
      [
        telling(routeOf('a', '/a/*')),
        telling(routeOf('b', '/c/*')),
        telling(routeOf('host', '/*', { hosts: ['one.test'] })),
        routeOf('to-new', '/new', to('new')),
      ],
    )
    nginx = await startNginx(before)
    expect((await nginx.post(deltaBetween(before.state, after.state))).status).toBe(200)
    const seen = await Promise.all(
      ['/a/x', '/b/x', '/c/x', '/gone', '/new'].map(async (path) => {
        const { status, headers } = await send(port, path)
        return headers['x-route'] ?? status
      }),
    )
    expect(seen).toEqual(['a', 404, 'b', 404, 503])
    expect((await send(port, '/any', { headers: { host: 'one.test' } })).headers['x-route']).toBe('host')
    expect((await nginx.post(deltaBetween(after.state, before.state))).status).toBe(200)
    expect((await send(port, '/gone')).headers['x-route']).toBe('gone')
    expect((await send(port, '/any', { headers: { host: 'one.test' } })).status).toBe(404)
  })
})

describe('what must never lose the configuration', () => {
  it('broken documents and deltas are refused with the reason, and the old configuration serves', async () => {
    const { port, variants } = await two()
    nginx = await startNginx(variants[0])
    const good = documentText(variants[1].state)
    const broken: [what: string, text: string, reason: RegExp][] = [
      ['empty', '', /no complete first line/],
      ['cut', good.slice(0, -40), /line \d+: it is not a resource|the last line is cut/],
      ['a line too few', good.split('\n').slice(0, -2).join('\n') + '\n', /should have \d+ lines and has/],
      ['no JSON', good.replace('{"k":"route/all"', '{"k":"route/all'), /it is not a resource/],
      ['a missing service', good.replace('{"k":"service/echo"', '{"k":"service/other"'), /leads to service echo, which is not there/],
      ['a missing route', good.replace('{"k":"route/all"', '{"k":"route/other"'), /names route all, which is not there/],
      ['another format', good.replace('"format":1', '"format":2'), /has format 2/],
      ['an unknown kind', good.replace('{"k":"service/echo"', '{"k":"surprise/echo"'), /no resources of the kind surprise/],
      ['no features', good.replace(/,"features":\{\}/, ''), /./],
    ]
    for (const [what, text, reason] of broken) {
      const reply = await nginx.admin('PUT', '/document', text)
      expect([what, reply.status, reply.body]).toEqual([what, 422, expect.stringMatching(reason) as string])
    }
    const delta = deltaText(deltaBetween(variants[0].state, variants[1].state))
    expect((await nginx.admin('POST', '/delta', delta.replace(variants[0].state.version, 'other'))).status).toBe(409)
    expect((await nginx.admin('POST', '/delta', delta.replace('service/echo', 'phases/echo'))).status).toBe(422)
    expect(
      (await nginx.admin('POST', '/delta', `{"from":"${variants[0].state.version}","to":"x","lines":1}\n{"k":"service/echo","gone":true}\n`)).body,
    ).toContain('still leads to')
    expect((await nginx.admin('GET', '/nothing')).status).toBe(404)
    expect(await instance(port)).toBe('one')
    expect(await nginx.status()).toMatchObject({ number: 1, version: variants[0].state.version })
  })

  it('kill -9 of all workers under updates: their successors have the last change', async () => {
    const { port, variants } = await two()
    nginx = await startNginx(variants[0])
    await nginx.post(deltaBetween(variants[0].state, variants[1].state))
    const old = await nginx.workers()
    for (const pid of old) process.kill(pid, 'SIGKILL')
    await until('new workers are there', async () => {
      const now = await nginx?.workers()
      return now?.length === 2 && now.every((pid) => !old.includes(pid))
    })
    expect(await until('they answer', () => instance(port).catch(() => false as const))).toBe('two')
    expect(await nginx.status()).toMatchObject({ version: variants[1].state.version })
    expect((await nginx.put(variants[0].state)).status).toBe(200)
    expect(await instance(port)).toBe('one')
  })

  it('a reload by signal keeps what came over the socket', async () => {
    const { port, variants } = await two()
    nginx = await startNginx(variants[0])
    await nginx.put(variants[1].state)
    await nginx.post(deltaBetween(variants[1].state, variants[0].state))
    const old = await nginx.workers()
    nginx.process.kill('SIGHUP')
    await until('the workers are new', async () => {
      const now = await nginx?.workers()
      return now?.some((pid) => !old.includes(pid))
    })
    expect(await until('they answer', () => instance(port).catch(() => false as const))).toBe('one')
    expect(await nginx.status()).toMatchObject({ version: variants[0].state.version })
  })

  it('a cold start after kill -9 of everything, with a stale socket and a torn delta, has the last accepted state', async () => {
    const { port, variants } = await two()
    const first = (nginx = await startNginx(variants[0]))
    const toTwo = deltaBetween(variants[0].state, variants[1].state)
    expect((await first.post(toTwo)).status).toBe(200)
    const pids = await first.workers()
    first.process.kill('SIGKILL')
    for (const pid of pids) process.kill(pid, 'SIGKILL')
    await until('it is gone', () => first.process.signalCode !== null)
    await writeFile(join(first.dir, 'state/deltas'), `${await readFile(join(first.dir, 'state/deltas'), 'utf8')}99999\n{"from":"torn`)
    const second = await runTree(first.dir, first.binary)
    expect(await instance(port)).toBe('two')
    expect(await second.status()).toMatchObject({ version: variants[1].state.version })
    expect((await second.post(deltaBetween(variants[1].state, variants[0].state))).status).toBe(200)
    expect(await instance(port)).toBe('one')
    await second.stop()
    nginx = undefined
  })

  it('entries of the shared memory that are gone: the workers go on, and one that starts later reads the saved document', async () => {
    const { port, variants } = await two()
    const { dir, binary } = await writeTestTree(variants[0])
    const conf = join(dir, 'nginx.conf')
    const evict = `location /evict { content_by_lua_block {
      local dict = ngx.shared.sl_config
      for _, key in ipairs(dict:get_keys(0)) do if string.find(key, "^[cd]:") then dict:delete(key) end end
    } }`
    await writeFile(conf, (await readFile(conf, 'utf8')).replace(/(listen "?unix:[^;]*;)/, `$1 ${evict}`))
    nginx = await runTree(dir, binary)
    await nginx.put(variants[1].state)
    expect((await nginx.admin('GET', '/evict')).status).toBe(200)
    expect(await instance(port)).toBe('two')
    const old = await nginx.workers()
    for (const pid of old) process.kill(pid, 'SIGKILL')
    expect(
      await until('new workers answer', async () => {
        const now = await nginx?.workers()
        return now?.length === 2 && now.every((pid) => !old.includes(pid)) && instance(port)
      }),
    ).toBe('two')
    expect((await nginx.put(variants[0].state)).status).toBe(200)
    expect(await instance(port)).toBe('one')
  })
})
