import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { type Admin, createAdmin } from '../../src/admin/admin.ts'
import type { ConfigStateView } from '../../src/admin/status-schema.ts'
import { serve, type Serving } from '../../src/serve.ts'
import { shop } from './fixture.ts'

let dir: string
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'sluice-serving-'))
})
afterEach(() => rm(dir, { recursive: true, force: true }))

interface Open extends AsyncDisposable {
  readonly serving: Serving
  readonly admin: Admin
  write(text: string): Promise<void>
  config(): Promise<ConfigStateView>
  ready(): Promise<readonly [number, string]>
}

async function open(text: string): Promise<Open> {
  const file = join(dir, 'gateway.yaml')
  await writeFile(file, text)
  const serving = await serve({ config: file, stateDir: join(dir, 'state'), env: {}, watch: false })
  const admin = await createAdmin(serving)
  const ask = (url: string) => admin.app.inject({ url, headers: { host: 'localhost' } })
  return {
    serving,
    admin,
    async write(next) {
      await writeFile(file, next)
      await serving.reload()
    },
    config: async () => (await ask('/api/v1/status')).json<{ data: { attributes: { config: ConfigStateView } } }>().data.attributes.config,
    async ready() {
      const reply = await ask('/health/ready')
      return [reply.statusCode, reply.json<{ data: { attributes: { status: string } } }>().data.attributes.status]
    },
    async [Symbol.asyncDispose]() {
      await admin.close()
      await serving.close()
    },
  }
}

const broken = shop.replace('to: orders', 'to: nothing')
const halved = shop.slice(0, shop.indexOf('routes:')) + 'routes: {orders: {match: {path: /orders/*}, to: orders}}\n'
const empty = shop.slice(0, shop.indexOf('routes:')) + 'routes: {}\n'

it('shows last good while the files are broken, and the same version when they are mended', async () => {
  await using gateway = await open(shop)
  const before = await gateway.config()
  expect(before.state).toBe('serving')
  await gateway.write(broken)
  expect(await gateway.config()).toEqual({ ...before, state: 'last-good', reason: 'the files have 1 error' })
  expect(await gateway.ready()).toEqual([200, 'degraded'])
  await gateway.write(`# moved\n${shop}`)
  expect(await gateway.config()).toEqual(before)
  expect(await gateway.ready()).toEqual([200, 'ready'])
  await gateway.write(shop.replace('/orders/*', '/o/*'))
  const after = await gateway.config()
  expect(after.version).not.toBe(before.version)
  const { body } = await gateway.admin.app.inject({ url: '/metrics', headers: { host: 'localhost' } })
  expect(body).toMatch(/^sluice_compiles_total\{result="good"\} 3$/m)
  expect(body).toMatch(/^sluice_compiles_total\{result="bad"\} 1$/m)
  expect(body).toMatch(/^sluice_compile_seconds_count 4$/m)
})

it('shows that a mass removal waits, and why', async () => {
  await using gateway = await open(shop)
  await gateway.write(halved)
  await gateway.write(empty)
  const config = await gateway.config()
  expect(config.state).toBe('held')
  expect(config.reason).toMatch(/route/)
  expect(await gateway.ready()).toEqual([200, 'degraded'])
})

it('tells since when the last good state of an earlier run is served', async () => {
  let before: ConfigStateView
  {
    await using first = await open(shop)
    before = await first.config()
  }
  const between = Date.now()
  await using second = await open(broken)
  const config = await second.config()
  expect(config).toMatchObject({ state: 'last-good', version: before.version, reason: 'the files have 1 error' })
  expect(Date.parse(config.since ?? '')).toBeLessThanOrEqual(between)
  expect(await second.ready()).toEqual([200, 'degraded'])
  const findings = await second.admin.app.inject({ url: '/api/v1/config/findings', headers: { host: 'localhost' } })
  expect(findings.json()).toMatchObject({ data: { attributes: { summary: { error: 1, warning: 0 } } } })
})
