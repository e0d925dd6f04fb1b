import { execFile } from 'node:child_process'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { beforeAll, expect, it } from 'vitest'
import { fetchPackages } from '../../src/engine/apt-fetch.ts'
import { cacheDir } from '../../src/engine/cache-dir.ts'

const run = promisify(execFile)
const repository = join(import.meta.dirname, '../..')
const files = globSync('lua/**/*.lua', { cwd: repository }).sort()
const packages = ['lua-check', 'lua-argparse', 'lua-filesystem', 'lua5.1', 'liblua5.1-0']

let root: string
beforeAll(async () => {
  root = join(cacheDir(), `luacheck-${process.arch}`)
  if (existsSync(root)) return
  await mkdir(cacheDir(), { recursive: true })
  const scratch = await mkdtemp(`${root}.fetch-`)
  await fetchPackages(packages, scratch)
  await rename(join(scratch, 'root'), root).catch((error: unknown) => {
    if (!existsSync(root)) throw error // else another process was faster
  })
  await rm(scratch, { recursive: true, force: true })
})

/** Runs luacheck as Debian packs it, from the cache. */
async function luacheck(...args: string[]): Promise<string> {
  const libs = globSync('{usr/,}lib/*-linux-gnu', { cwd: root }).map((dir) => join(root, dir))
  const share = join(root, 'usr/share/lua/5.1')
  const env = {
    ...process.env,
    LD_LIBRARY_PATH: libs.join(':'),
    LUA_PATH: `${share}/?.lua;${share}/?/init.lua;;`,
    LUA_CPATH: libs.map((dir) => `${dir}/lua/5.1/?.so`).join(';'),
  }
  const ended = await run(join(root, 'usr/bin/lua5.1'), [join(root, 'usr/bin/luacheck'), '--no-color', ...args], { cwd: repository, env }).catch(
    (error: unknown) => error as { stdout: string },
  )
  return ended.stdout
}

it('finds nothing in the runtime: no global, no unused name, no shadowing', async () => {
  expect(files.length).toBeGreaterThan(30)
  expect(await luacheck('-q', ...files)).toMatch(/^Total: 0 warnings \/ 0 errors in \d+ files/)
})

it('would find a global', async () => {
  expect(await luacheck('-q', '--filename', 'lua/x.lua', join(import.meta.dirname, 'global.lua.txt'))).toContain(
    'setting non-standard global variable',
  )
})

it('has modules of at most 200 lines', () => {
  expect(files.filter((file) => readFileSync(join(repository, file), 'utf8').split('\n').length > 201)).toEqual([])
})

it('makes no blocking call while requests are served: files are touched only by the store and at start', () => {
  const blocking = /\b(io\.(open|read|lines)|os\.(execute|remove|rename)|socket\.(dns|http))\b/
  expect(files.filter((file) => blocking.test(readFileSync(join(repository, file), 'utf8')))).toEqual([
    'lua/sluice/admin.lua',
    'lua/sluice/boot.lua',
    'lua/sluice/place.lua',
    'lua/sluice/store.lua',
  ])
})
