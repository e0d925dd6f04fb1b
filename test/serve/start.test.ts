import { generateKeyPairSync } from 'node:crypto'
import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { StartRefused } from '../../src/reload/start-refused.ts'
import { serve } from '../../src/serve.ts'
import { until } from '../support/until.ts'
import { follow, type Followed, gatewayText } from '../reload/followed.ts'

const text = gatewayText(['a', 'b', 'c'])

/** A directory with a state of what it served before, and no process. */
async function before(source: string, options: Parameters<typeof follow>[1] = {}): Promise<Followed> {
  const followed = await follow(source, { watch: false, ...options })
  await followed.serving.close()
  return followed
}

test('a bad file and no state: the start is refused with the findings, and nothing stays behind', async () => {
  await using past = await before(text)
  await rm(join(past.dir, '.sluice'), { recursive: true })
  await writeFile(past.config, text.replace('status: 200', 'status: 9999'))
  const refused: unknown = await serve({ config: past.config, env: {} }).catch((error: unknown) => error)
  expect(refused).toBeInstanceOf(StartRefused)
  expect((refused as StartRefused).diagnostics).toContainEqual(expect.objectContaining({ severity: 'error', at: expect.anything() as unknown }))
  await expect(stat(join(past.dir, '.sluice'))).rejects.toThrow('ENOENT')
})

test('a file that does not exist and no state: refused, with the finding', async () => {
  await using past = await before(text)
  const config = join(past.dir, 'other', 'gateway.yaml')
  await expect(serve({ config, env: {} })).rejects.toMatchObject({ diagnostics: [{ code: 'config/missing-file' }] })
})

test('a bad file and a state: the last good one is served, byte for byte, and the mended file is taken up', async () => {
  await using past = await before(text)
  const version = past.version()
  await writeFile(past.config, 'version: 1\nroutes: [')
  const serving = await serve({ config: past.config, env: {} })
  expect(serving.state).toBe('last-good')
  expect(serving.xds.served({ type: 'routes', name: 'public' })?.version).toBe(version)
  expect(serving.events.map(({ kind }) => kind)).toEqual(['compiled', 'rejected', 'last-good-used'])
  expect(serving.events.at(-1)).toMatchObject({ generation: 0, diagnostics: [expect.objectContaining({ severity: 'error' })] })
  await writeFile(past.config, gatewayText(['a', 'b', 'c', 'd']))
  await until('the mended file is served', () => serving.good.gateway.routes.has('d'))
  expect(serving.state).toBe('serving')
  await serving.close()
})

test('the newest state is damaged: the older one is served, and the log says so', async () => {
  await using past = await follow(text)
  await writeFile(past.config, gatewayText(['a', 'b', 'c', 'd']))
  await past.served('d')
  await past.serving.close()
  const newest = join(past.dir, '.sluice', 'last-good.json')
  await writeFile(newest, (await readFile(newest, 'utf8')).slice(0, 200))
  await rm(past.config)
  const serving = await serve({ config: past.config, env: {} })
  expect(serving.events).toContainEqual(expect.objectContaining({ kind: 'last-good-used', generation: 1 }))
  expect(serving.events).toContainEqual(
    expect.objectContaining({ kind: 'state-dir-problem', message: expect.stringContaining('last-good.json') as unknown }),
  )
  expect([...serving.good.gateway.routes.keys()].sort()).toEqual(['a', 'b', 'c'])
  await serving.close()
})

test('a state that holds nothing to start with: made for another overlay, or damaged', async () => {
  await using past = await before(text)
  await writeFile(past.config, '')
  await expect(serve({ config: past.config, env: {}, overlay: 'prod' })).rejects.toThrow(StartRefused)
  await writeFile(join(past.dir, '.sluice', 'last-good.json'), 'junk')
  await expect(serve({ config: past.config, env: {} })).rejects.toThrow(StartRefused)
})

test('includes, overlay and variables are part of the state', async () => {
  const env = { PORT: '8123', WORD: 'hello' }
  await using past = await before('', {
    overlay: 'prod',
    env,
    prepare: async (dir) => {
      await mkdir(join(dir, 'routes'))
      await mkdir(join(dir, 'overlays'))
      await writeFile(join(dir, 'routes', 'x.yaml'), 'routes:\n  x:\n    match: {path: /x}\n    respond: {status: 200, text: "${WORD}"}\n')
      await writeFile(join(dir, 'overlays', 'prod.yaml'), 'listeners: {public: {port: "${PORT}"}}\n')
      await writeFile(join(dir, 'gateway.yaml'), gatewayText(['a'], 'include: [routes/*.yaml]\n'))
      return join(dir, 'gateway.yaml')
    },
  })
  await rm(join(past.dir, 'routes'), { recursive: true })
  await rm(join(past.dir, 'overlays'), { recursive: true })
  const serving = await serve({ config: past.config, overlay: 'prod', env: {}, watch: false })
  expect(serving.state).toBe('last-good')
  expect(serving.good.gateway.listeners.get('public')?.port).toBe(8123)
  expect(serving.good.resources.get('routes/public')?.version).toBe(past.version())
  await serving.close()
})

test('a state directory that cannot be made does not end the serving', async () => {
  await using followed = await follow(text, { stateDir: '/dev/null/state' })
  await until('it is reported', () => followed.kinds().includes('state-dir-problem'))
  await writeFile(followed.config, gatewayText(['a', 'b', 'c', 'd']))
  await followed.served('d')
  expect(followed.serving.state).toBe('serving')
})

test('private keys never reach the state', async () => {
  const pem = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  const examples = join(import.meta.dirname, '..', '..', 'examples')
  await using past = await before('', {
    env: { UNUSED: pem },
    prepare: async (dir) => {
      await writeFile(
        join(dir, 'gateway.yaml'),
        (await readFile(join(examples, 'listener-tls.yaml'), 'utf8')).replaceAll('certs/', `${examples}/certs/`),
      )
      return join(dir, 'gateway.yaml')
    },
  })
  expect(past.serving.state).toBe('serving')
  expect([...past.serving.good.resources.keys()].some((key) => key.startsWith('secret/'))).toBe(true)
  expect(await readFile(join(past.dir, '.sluice', 'last-good.json'), 'utf8')).not.toContain('PRIVATE KEY')
})

test('a mass removal is held and said, goes out after two seconds, and not at all when it is taken back', async () => {
  await using followed = await follow(text)
  await writeFile(followed.config, gatewayText(['c']))
  await until('it is held', () => followed.serving.state === 'held')
  expect(followed.events.at(-1)).toMatchObject({ kind: 'held', reason: '2 of 3 routes are gone' })
  await writeFile(followed.config, text)
  await until('it is taken back', () => followed.serving.state === 'serving')
  expect(followed.kinds().filter((kind) => kind === 'published')).toHaveLength(1)
  await writeFile(followed.config, gatewayText(['c']))
  await until('it is held again', () => followed.serving.state === 'held')
  const from = followed.events.at(-1)?.at ?? 0
  await until('it is published', () => followed.serving.good.gateway.routes.size === 1)
  const released = followed.events.find(({ kind }) => kind === 'released')
  expect(released && released.at - from).toBeGreaterThanOrEqual(2_000)
  expect(followed.kinds().slice(-3)).toEqual(['held', 'released', 'published'])
})

test('reloads are one at a time, each looks at the files after it was asked for, and equal ones share a look', async () => {
  await using followed = await follow(text, { watch: false })
  await writeFile(followed.config, gatewayText(['a', 'b', 'c', 'd']))
  const outcomes = await Promise.all(Array.from({ length: 20 }, () => followed.serving.reload('SIGHUP')))
  expect(new Set(outcomes).size).toBeLessThanOrEqual(2)
  expect(outcomes.every(({ receipt }) => receipt?.publish === 2)).toBe(true)
  expect(followed.events.filter(({ kind }) => kind === 'compiled')).toHaveLength(2)
  expect(followed.events.at(-2)).toMatchObject({ kind: 'compiled', reason: 'SIGHUP' })
})
