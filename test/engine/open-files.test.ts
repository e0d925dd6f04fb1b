import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { connectionsFor, openFileLimit } from '../../src/engine/open-files.ts'

it('bounds connections by less than half of the open files', () => {
  expect([
    connectionsFor(undefined),
    connectionsFor(Infinity),
    connectionsFor(1_000_000),
    connectionsFor(20_000),
    connectionsFor(1024),
    connectionsFor(1),
  ]).toEqual([50_000, 50_000, 50_000, 9_000, 460, 1])
})

it('reads the limit of this process', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'sluice-limits-'))
  const path = join(dir, 'limits')
  await writeFile(
    path,
    'Limit                     Soft Limit           Hard Limit           Units\nMax open files            4096                 524288               files\n',
  )
  expect(await openFileLimit(path)).toBe(4096)
  await writeFile(path, 'Max open files            unlimited            unlimited            files\n')
  expect(await openFileLimit(path)).toBe(Infinity)
  expect(await openFileLimit(join(dir, 'nothing'))).toBeUndefined()
  await rm(dir, { recursive: true })
})
