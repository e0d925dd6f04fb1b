import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { makeDirectory } from '../../src/lib/make-directory.ts'

let home: string
beforeAll(async () => void (home = await mkdtemp(join(tmpdir(), 'sluice-dir-'))))
afterAll(() => rm(home, { recursive: true }))

it('makes what is missing and names the uppermost of it', async () => {
  expect(await makeDirectory(join(home, 'a/b/c'), 0o700)).toBe(join(home, 'a'))
  expect((await stat(join(home, 'a/b'))).mode & 0o777).toBe(0o700)
  expect(await makeDirectory(join(home, 'a/b/c'))).toBeUndefined()
  expect(await makeDirectory(join(home, 'a/b/d'))).toBe(join(home, 'a/b/d'))
})

it('takes two at once', async () => {
  const both = await Promise.all(['x', 'y'].map((name) => makeDirectory(join(home, 'race/deep', name))))
  expect(both.every((made) => made !== undefined)).toBe(true)
})

it.each([
  ['below a file', () => join(home, 'file/below'), 'ENOTDIR'],
  ['in place of a file', () => join(home, 'file'), 'EEXIST'],
  ['where the kernel takes none, in the end', () => '/proc/sluice/state', 'ENOENT'],
])('says why it cannot: %s', async (_, path, code) => {
  await writeFile(join(home, 'file'), '')
  await expect(makeDirectory(path())).rejects.toMatchObject({ code })
})
