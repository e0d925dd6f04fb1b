import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { findNginx, installNginx } from '../../src/engine/nginx-install.ts'
import { validateWithNginx } from '../../src/engine/nginx-validate.ts'
import { deltaBetween } from '../../src/nginx/delta.ts'
import { stateOf } from '../../src/nginx/state.ts'
import { freePort } from '../support/free-port.ts'
import { exchange } from '../support/raw-http.ts'
import { startNginx, type TestNginx, writeTestTree } from '../support/nginx.ts'
import { gatewayOf, listenerOn, madeOf, telling } from '../support/nginx-routes.ts'
import { routeOf } from '../support/routes.ts'
import { until } from '../support/until.ts'

let dir: string
let nginx: TestNginx | undefined
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'sluice-engine-'))
})
afterEach(async () => {
  await nginx?.stop()
  nginx = undefined
  await rm(dir, { recursive: true, force: true })
})

/** A program in `dir` that tells its version and takes no configuration. */
async function program(name: string, says: string): Promise<string> {
  const path = join(dir, name)
  await writeFile(path, `#!/bin/sh\n[ "$1" = -V ] || exit 1\necho '${says}' >&2\n`)
  await chmod(path, 0o755)
  return path
}

describe('finding an nginx', () => {
  it('takes OpenResty from PATH from 1.27 on, and no nginx without Lua', async () => {
    await program('openresty', 'nginx version: openresty/1.27.1.1')
    const found = await findNginx({ PATH: dir, SLUICE_CACHE: dir })
    expect(found).toMatchObject({ path: join(dir, 'openresty'), from: 'PATH', profile: 'openresty-1.27', version: '1.27.1.1' })
    await program('openresty', 'nginx version: openresty/1.25.3.2')
    await program('nginx', 'nginx version: nginx/1.26.0')
    expect((await findNginx({ PATH: dir, SLUICE_CACHE: dir }))?.path).not.toBe(join(dir, 'openresty'))
    expect((await findNginx({ PATH: dir, SLUICE_CACHE: dir }))?.path).not.toBe(join(dir, 'nginx'))
  })

  it('says so when NGINX_BIN cannot be used', async () => {
    const old = await program('old', 'nginx version: nginx/1.18.0')
    await expect(findNginx({ NGINX_BIN: old })).rejects.toThrow(/NGINX_BIN names .*, which is no nginx ≥ 1\.22 with the Lua module/)
    await expect(findNginx({ NGINX_BIN: join(dir, 'none') })).rejects.toThrow('NGINX_BIN names')
  })

  it('gives the cached one again, and the profile that fits it', async () => {
    const [first, second] = await Promise.all([installNginx(), installNginx()])
    expect(first).toEqual(second)
    expect(first.profile === 'openresty-1.27').toBe(first.modules === undefined)
  })
})

describe('asking nginx about a tree', () => {
  it('gives its reason without the places of this machine', async () => {
    const tree = await writeTestTree(madeOf(gatewayOf([listenerOn('public', await freePort())], [])))
    expect(await validateWithNginx(tree.binary, tree.dir)).toEqual({ ok: true })
    const conf = join(tree.dir, 'nginx.conf')
    await writeFile(conf, (await readFile(conf, 'utf8')).replace('worker_shutdown_timeout', 'worker_shutdown_timeouts'))
    const verdict = await validateWithNginx(tree.binary, tree.dir)
    expect(verdict).toEqual({
      ok: false,
      message: expect.stringMatching(/^unknown directive "worker_shutdown_timeouts" in nginx\.conf:\d+$/) as string,
    })
    await rm(tree.dir, { recursive: true })
  })
})

describe('the live side of an nginx', () => {
  it('tells what every worker has, what was refused and why, and when a whole document is due', async () => {
    const port = await freePort()
    const made = (name: string) => madeOf(gatewayOf([listenerOn('public', port)], [telling(routeOf(name, '/*'))]))
    const [one, two] = [made('one').state, made('two').state]
    nginx = await startNginx(made('one'))
    const { live } = nginx
    expect(await live.status()).toMatchObject({
      version: one.version,
      number: 1,
      deltas: 0,
      fold: false,
      workers: [{ version: one.version }, { version: one.version }],
    })
    expect(await live.post(deltaBetween(one, two))).toMatchObject({
      accepted: true,
      applied: true,
      saved: true,
      version: two.version,
      workers: [{ number: 2 }, { number: 2 }],
    })
    expect(await live.post(deltaBetween(one, two))).toEqual({ accepted: false, stale: true, reason: 'the delta starts from another version' })
    const broken = stateOf([...two.lines.values()].filter(({ key }) => !key.startsWith('route/')))
    expect(await live.put(broken)).toEqual({ accepted: false, stale: false, reason: 'host/public/* names route two, which is not there' })
    expect(await live.put(two)).toMatchObject({ accepted: true, version: two.version })
    expect(await live.status()).toMatchObject({ version: two.version, number: 3, deltas: 0 })
  })
})

describe('the access log', () => {
  it('is one valid JSON object a request, whatever clients send, without queries', async () => {
    const port = await freePort()
    nginx = await startNginx(madeOf(gatewayOf([listenerOn('public', port)], [telling(routeOf('all', '/*'))])))
    const agents = ['plain', '"}\\', '\xff\xfe', 'x\u0085', '$host {a} \\x22']
    await exchange(
      port,
      agents.map((agent, index) => ({ method: 'GET', path: `/p${index}?token=secret`, host: 'a.test', headers: [['user-agent', agent]] })),
    )
    await exchange(port, [{ method: 'GET', path: '/x\xffy', host: 'a.test', headers: [] }])
    const file = join(nginx.dir, 'logs/access.log')
    const text = await until('six lines are written', async () => {
      const now = await readFile(file)
      return now.toString().split('\n').length === 7 && now
    })
    expect(Buffer.from(text.toString('utf8')).equals(text)).toBe(true)
    const lines = text
      .toString()
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>)
    expect(lines.map(({ path, user_agent }) => `${String(path)} ${String(user_agent)}`).sort()).toEqual(
      ['/p0 plain', '/p1 "}\\', '/p2 ', '/p3 ', '/p4 $host {a} \\x22', '/x '].sort(),
    )
    expect(lines[0]).toMatchObject({ method: 'GET', host: 'a.test', listener: 'public', route: 'all', status: 200 })
    expect(text.toString()).not.toContain('secret')
  })
})

it('makes directories that only the owner may enter for the socket and for the state', async () => {
  const tree = await writeTestTree(madeOf(gatewayOf([listenerOn('public', await freePort())], [])))
  const modes = await Promise.all(
    ['run', 'state', 'state/data.jsonl', 'placeholder.key'].map(async (path) => ((await stat(join(tree.dir, path))).mode & 0o777).toString(8)),
  )
  expect(modes).toEqual(['700', '700', '600', '600'])
  await rm(tree.dir, { recursive: true })
})
