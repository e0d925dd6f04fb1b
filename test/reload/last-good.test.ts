import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { FileCache } from '../../src/config/file-cache.ts'
import { LastGood } from '../../src/reload/last-good.ts'
import { savedEnv, savedFiles, type Saved, toSaved } from '../../src/reload/saved.ts'

let dir: string
let problems: string[]
const open = (): LastGood => new LastGood(join(dir, 'state'), (message) => problems.push(message))
const state = (text: string): Saved => ({ root: 'gateway.yaml', overlay: null, files: [['gateway.yaml', text]], patterns: [], variables: [] })
const textsOf = (loaded: Awaited<ReturnType<LastGood['load']>>): string[] =>
  loaded.map(({ generation, saved }) => `${generation} ${saved.files[0]?.[1]}`)
const newest = (): string => join(dir, 'state', 'last-good.json')

async function save(lastGood: LastGood, ...texts: string[]): Promise<void> {
  for (const text of texts) {
    lastGood.save(state(text), Date.now())
    await lastGood.flush()
  }
}

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'sluice-last-good-'))
  problems = []
})
afterEach(async () => {
  await chmod(join(dir, 'state'), 0o700).catch(() => undefined)
  await rm(dir, { recursive: true, force: true })
})

test('the newest two states are kept, for the owner only', async () => {
  await save(open(), 'one', 'two', 'three')
  expect(textsOf(await open().load())).toEqual(['0 three', '1 two'])
  expect((await stat(join(dir, 'state'))).mode & 0o777).toBe(0o700)
  expect((await stat(newest())).mode & 0o777).toBe(0o600)
  expect((await readdir(join(dir, 'state'))).sort()).toEqual(['last-good.1.json', 'last-good.json'])
  expect(problems).toEqual([])
})

test('the same state again, also after a restart, does not push the older one out', async () => {
  await save(open(), 'one', 'two', 'two')
  const again = open()
  await again.load()
  await save(again, 'two')
  expect(textsOf(await open().load())).toEqual(['0 two', '1 one'])
})

test('of states that come faster than the disk the last is kept', async () => {
  const lastGood = open()
  for (let i = 0; i < 50; i++) lastGood.save(state(`${i}`), 0)
  await lastGood.flush()
  expect(textsOf(await open().load())[0]).toBe('0 49')
})

test.each([
  ['cut short', (text: string) => text.slice(0, text.length / 2)],
  ['empty', () => ''],
  ['changed by one character', (text: string) => text.replace('two', 'twO')],
  ['of a later layout', (text: string) => text.replace('"schemaVersion":1', '"schemaVersion":2')],
  ['null', () => 'null'],
])('a newest state that is %s is named, and the older one used and kept', async (_, damage) => {
  await save(open(), 'one', 'two')
  await writeFile(newest(), damage(await readFile(newest(), 'utf8')))
  const again = open()
  expect(textsOf(await again.load())).toEqual(['1 one'])
  expect(problems).toEqual([expect.stringContaining('last-good.json is not usable')])
  await save(again, 'three')
  expect(textsOf(await open().load())).toEqual(['0 three', '1 one'])
})

test('a directory that cannot be written is reported, and nothing is thrown', async () => {
  await writeFile(join(dir, 'state'), 'a file is in the way')
  await save(open(), 'one')
  expect(problems).toEqual([expect.stringMatching(/cannot be kept in .*state: /)])
})

test('a write that fails is reported and leaves no rubbish', async () => {
  await save(open(), 'one')
  await rm(newest())
  await mkdir(join(newest(), 'in-the-way'), { recursive: true })
  await save(open(), 'two')
  expect(problems).toHaveLength(1)
  expect((await readdir(join(dir, 'state'))).filter((name) => name.endsWith('.new'))).toEqual([])
})

test('a state holds texts and the variables they use, never what a secret reference means', () => {
  const cache = new FileCache()
  const text =
    'version: 1\nname: ${NAME}\n# ${IN_A_COMMENT}\nx-a: ["${PORT:-80} $${NOT} ${UNSET:-1}", "${KEY}"]\nlisteners: {a: {tls: {certificates: [{cert: a.pem, key: "secret://env/KEY"}]}}}\n'
  const env = { NAME: 'shop', PORT: '8080', IN_A_COMMENT: 'hidden', KEY: 'topsecret', NOT: 'hidden', OTHER: 'hidden' }
  const root = join(dir, 'gateway.yaml')
  const file = cache.get(root, text)
  const saved = toSaved({ root, overlay: undefined, files: new Map([[root, file]]), patterns: new Map(), env })
  expect(saved.variables).toEqual([
    ['NAME', 'shop'],
    ['PORT', '8080'],
    ['UNSET', null],
  ])
  expect(JSON.stringify(saved)).not.toMatch(/topsecret|hidden/)
  expect(savedEnv(saved, { NAME: 'other', UNSET: 'now', KEY: 'k' })).toMatchObject({ NAME: 'shop', UNSET: undefined, KEY: 'k' })
})

test('saved files are found wherever the directory stands now', async () => {
  const saved: Saved = {
    root: 'gateway.yaml',
    overlay: null,
    files: [
      ['gateway.yaml', 'root'],
      ['routes/a.yaml', 'a'],
      ['../other.yaml', 'other'],
    ],
    patterns: [['routes/*.yaml', ['routes/a.yaml']]],
    variables: [],
  }
  const absolute = savedFiles(saved, '/srv/moved/gateway.yaml')
  expect(await absolute.glob('/srv/moved/routes/*.yaml')).toEqual(['/srv/moved/routes/a.yaml'])
  expect(await absolute.read('/srv/moved/routes/a.yaml')).toEqual({ text: 'a' })
  expect(await absolute.read('/srv/other.yaml')).toEqual({ text: 'other' })
  expect(await absolute.read('/srv/moved/b.yaml')).toMatchObject({ missing: true })
  const relative = savedFiles(saved, 'gateway.yaml')
  expect(await relative.glob('routes/*.yaml')).toEqual(['routes/a.yaml'])
  expect(await relative.read('routes/a.yaml')).toEqual({ text: 'a' })
})
