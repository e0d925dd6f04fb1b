import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { reloadTree } from '../../src/engine/nginx-reload.ts'
import { reloadReasons, startBetween } from '../../src/nginx/needs-reload.ts'
import { readRuntimeFiles } from '../../src/nginx/runtime-files.ts'
import { documentText } from '../../src/nginx/state.ts'
import { makeTree } from '../../src/nginx/tree.ts'
import { type Echo, startEcho } from '../support/echo.ts'
import { freePort } from '../support/free-port.ts'
import { send } from '../support/http.ts'
import { confOptions, type ForNginx, startNginx, type TestNginx } from '../support/nginx.ts'
import { gatewayOf, listenerOn, madeOf, serviceOn, to } from '../support/nginx-routes.ts'
import { routeOf } from '../support/routes.ts'
import { until } from '../support/until.ts'

let nginx: TestNginx
let echo: Echo
let port: number
beforeEach(async () => {
  echo = await startEcho()
  port = await freePort()
  nginx = await startNginx(made([port]))
})
afterEach(() => nginx.stop())

const made = (ports: readonly number[]): ForNginx =>
  madeOf(
    gatewayOf(
      ports.map((one, index) => listenerOn(`l${index}`, one)),
      [routeOf('all', '/*', to('echo'))],
      [serviceOn('echo', [echo.port])],
    ),
  )

/** Reloads with what `after` adds. */
async function reload(after: ForNginx, change: (conf: string) => string = (conf) => conf, timeoutMs?: number) {
  const tree = makeTree(startBetween(made([port]).start, after.start), after.state, await readRuntimeFiles(), confOptions(nginx.binary, nginx.dir))
  const conf = tree.get('nginx.conf')
  if (conf) tree.set('nginx.conf', { ...conf, text: change(conf.text) })
  return reloadTree({ binary: nginx.binary, dir: nginx.dir, pid: nginx.process.pid ?? 0 }, tree, timeoutMs)
}
const confNow = (): Promise<string> => readFile(join(nginx.dir, 'nginx.conf'), 'utf8')

describe('a reload of a real nginx', () => {
  it('opens a new port; a request that was under way ends on the old workers, and the configuration stays', async () => {
    const second = await freePort()
    const after = made([port, second])
    expect(reloadReasons(made([port]).start, after.start)).toEqual([`listener l1 is new: nginx opens 127.0.0.1:${second}`])
    echo.delayMs = 300
    const slow = send(port, '/slow')
    await until('it is under way', () => echo.seen.length === 1)
    expect(await reload(after)).toEqual({ ok: true })
    expect((await nginx.put(after.state)).status).toBe(200)
    echo.delayMs = 0
    expect((await slow).status).toBe(200)
    expect(await until('the new port answers', async () => (await send(second, '/')).status)).toBe(200)
    expect((await send(port, '/')).status).toBe(200)
  })

  it('brings a new authority along, to wherever this nginx may look for it', async () => {
    const before = made([port])
    const pem = await readFile('examples/certs/shop.pem', 'utf8')
    expect(await reload({ ...before, start: { ...before.start, trusts: new Map([['ca1', { pem }]]) } })).toEqual({ ok: true })
    for (const dir of nginx.binary.profile === 'openresty-1.27' ? ['trust', 'conf/trust'] : ['trust']) {
      expect(await readFile(join(nginx.dir, dir, 'ca1.pem'), 'utf8')).toBe(pem)
    }
    expect((await send(port, '/')).status).toBe(200)
  })

  it('is refused by nginx -t: the old file stays byte for byte, the old workers go on', async () => {
    const [before, workers] = [await confNow(), await nginx.workers()]
    const verdict = await reload(made([port]), (conf) => conf.replace('keepalive_timeout', 'keepalive_timeouts'))
    expect(verdict).toEqual({ ok: false, message: expect.stringContaining('unknown directive "keepalive_timeouts"') as string })
    expect([await confNow(), await nginx.workers()]).toEqual([before, workers])
    expect((await send(port, '/')).status).toBe(200)
  })

  it('cannot have a port: the old file is back byte for byte, the old workers go on', async () => {
    const taken = createServer()
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve))
    const address = taken.address()
    const [before, workers] = [await confNow(), await nginx.workers()]
    const verdict = await reload(made([port, typeof address === 'object' && address ? address.port : 0]), undefined, 600)
    expect(verdict).toEqual({ ok: false, message: expect.stringContaining('cannot open a port') as string })
    expect([await confNow(), await nginx.workers()]).toEqual([before, workers])
    expect((await send(port, '/')).status).toBe(200)
    taken.close()
  })
})

describe('a reload after somebody else wrote the document', () => {
  const document = () => join(nginx.dir, 'state/data.jsonl')
  const other = (path: string): ForNginx => {
    const { listeners, services } = { listeners: [listenerOn('l0', port)], services: [serviceOn('echo', [echo.port])] }
    return madeOf(gatewayOf(listeners, [routeOf('all', path, to('echo'))], services))
  }
  const versions = async () => (await nginx.status()).workers.map(({ version }) => version)
  const hup = async () => {
    const before = await nginx.workers()
    nginx.process.kill('SIGHUP')
    await until('there are new workers only', async () => {
      const now = await nginx.workers()
      return now.length === 2 && now.every((pid) => !before.includes(pid))
    })
  }

  it('takes it', async () => {
    const { state } = other('/other')
    await writeFile(document(), documentText(state))
    await hup()
    await until('the new workers have it', async () => (await versions()).every((version) => version === state.version))
    expect([(await send(port, '/x')).status, (await send(port, '/other')).status]).toEqual([404, 200])
  })

  it('is refused when the document is broken: the old workers go on', async () => {
    const [before, workers] = [await versions(), await nginx.workers()]
    await writeFile(document(), documentText(other('/other').state).slice(0, -10))
    nginx.process.kill('SIGHUP')
    await until('nginx says why', () => /the new state document cannot be used: the last line is cut/.test(nginx.output()))
    expect([(await send(port, '/x')).status, await versions(), await nginx.workers()]).toEqual([200, before, workers])
  })

  it('does not take an old one, which only could not be replaced by what the workers have', async () => {
    // The name that a worker writes to before it renames is taken.
    for (const pid of await nginx.workers()) await mkdir(join(nginx.dir, `state/.data.jsonl.${pid}`))
    const { state } = other('/other')
    expect(await nginx.live.put(state)).toMatchObject({ accepted: true, applied: true, saved: false })
    await hup()
    await until('the new workers have what the old ones had', async () => (await versions()).every((version) => version === state.version))
    expect((await send(port, '/other')).status).toBe(200)
  })
})
