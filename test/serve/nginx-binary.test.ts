import { mkdtemp, readFile, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { installNginx } from '../../src/engine/nginx-install.ts'
import { nginxSite } from '../../src/engine/nginx-site.ts'
import { readRuntimeFiles } from '../../src/nginx/runtime-files.ts'
import { startEcho } from '../support/echo.ts'
import { freePort } from '../support/free-port.ts'
import { send } from '../support/http.ts'
import { until } from '../support/until.ts'
import { startNginxRig } from './nginx-rig.ts'

test('when the nginx binary is away, a listener is refused with the reason and the old file stays, routes change all the same, and it is made up for', async () => {
  const echo = await startEcho()
  const root = await mkdtemp(join(tmpdir(), 'sluice-away-'))
  const [dir, link, real] = [join(root, 'nginx'), join(root, 'binary'), await installNginx()]
  await symlink(real.path, link)
  const user = process.getuid?.() === 0 ? { user: 'root' } : {}
  const site = nginxSite({ dir, binary: { ...real, path: link }, runtime: await readRuntimeFiles(), workers: 2, drainMs: 3_000, ...user })
  const second = await freePort()
  const text = (port: number, more = '', routes = ''): string =>
    `version: 1\nlisteners: {public: {port: ${port}}${more}}\nservices: {app: {endpoints: ["127.0.0.1:${echo.port}"]}}\nroutes:\n  app: {match: {path: /*}, to: app}\n${routes}`
  {
    await using rig = await startNginxRig(text, { site }, () => Promise.resolve(dir))
    const conf = (): Promise<string> => readFile(join(dir, 'nginx.conf'), 'utf8')
    const [before, workers] = [await conf(), await rig.workers()]
    await rm(link)
    const { rejected } = await rig.apply(text(rig.port, `, second: {port: ${second}}`))
    expect(JSON.stringify(rejected)).toMatch(/ENOENT|cannot be run|no such file/i)
    expect([await conf(), await rig.workers()]).toEqual([before, workers])
    expect((await send(rig.port, '/x')).status).toBe(200)
    await rig.apply(text(rig.port, '', '  live: {match: {path: /live}, respond: {status: 204}}\n'))
    await until('the route is live', async () => (await send(rig.port, '/live')).status === 204)
    await symlink(real.path, link)
    await rig.apply(text(rig.port, `, second: {port: ${second}}`))
    await until('the listener is there', async () => (await send(second, '/x')).status === 200)
  }
  await rm(root, { recursive: true, force: true })
  await echo.close()
})
