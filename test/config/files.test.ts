import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { nodeFiles } from '../../src/config/files.ts'
import { read } from '../../src/config/read.ts'

const directory = mkdtempSync(join(tmpdir(), 'sluice-files-'))
afterAll(() => rmSync(directory, { recursive: true }))

async function problemOf(content: string | Uint8Array): Promise<unknown> {
  const path = join(directory, 'file.yaml')
  writeFileSync(path, content)
  return nodeFiles.read(path)
}

describe('files that are no text', () => {
  test.each([
    ['NUL', Buffer.from('version: 1\n\0'), 'is not text: line 2 holds a NUL byte'],
    ['UTF-16', Buffer.from('\ufeffversion: 1', 'utf16le'), 'is UTF-16; save it as UTF-8'],
    ['invalid UTF-8', Buffer.concat([Buffer.from('a: 1\nb: ü\n'), Buffer.from([0x63, 0xff, 0x0a])]), 'is not valid UTF-8 (line 3)'],
    ['cut UTF-8', Buffer.from('a: ü').subarray(0, 4), 'is not valid UTF-8 (line 1)'],
  ])('%s', async (_name, bytes, problem) => expect(await problemOf(bytes)).toEqual({ problem, missing: false }))

  test('a byte order mark is dropped', async () => expect(await problemOf('\ufeffversion: 1')).toEqual({ text: 'version: 1' }))
})

test('a file of 50 MB is refused for its size, and an endless one after 16 MiB', async () => {
  const path = join(directory, 'large.yaml')
  writeFileSync(path, 'version: 1\n')
  truncateSync(path, 50_000_000)
  expect(await nodeFiles.read(path)).toEqual({ problem: 'has 47.7 MiB, and at most 16 MiB are read; split it with `include`', missing: false })
  expect(await nodeFiles.read('/dev/zero')).toEqual({ problem: 'has more, and at most 16 MiB are read; split it with `include`', missing: false })
})

test('directories and missing files are told apart', async () => {
  mkdirSync(join(directory, 'sub'), { recursive: true })
  expect(await nodeFiles.read(join(directory, 'sub'))).toEqual({ problem: 'is a directory', missing: false })
  expect(await nodeFiles.read(join(directory, 'nope'))).toEqual({ problem: 'does not exist', missing: true })
  const [source, diagnostics] = await read(join(directory, 'nope'))
  expect([source.usable, diagnostics.map(({ code }) => code)]).toEqual([false, ['config/missing-file']])
})

test('patterns name files in order, not directories', async () => {
  for (const name of ['b', 'a', 'c.d']) writeFileSync(join(directory, 'sub', `${name}.yaml`), '')
  mkdirSync(join(directory, 'sub', 'dir.yaml'), { recursive: true })
  expect(await nodeFiles.glob(join(directory, 'sub/*.yaml'))).toEqual(['a', 'b', 'c.d'].map((name) => join(directory, 'sub', `${name}.yaml`)))
})

test('a relative pattern gives relative paths, as findings show them', async () => {
  const place = join(directory, 'routes')
  mkdirSync(place)
  for (const name of ['b.yaml', 'a.yaml', 'c.txt']) writeFileSync(join(place, name), 'version: 1\n')
  const beside = relative('', place)
  expect(await nodeFiles.glob(join(beside, '*.yaml'))).toEqual([join(beside, 'a.yaml'), join(beside, 'b.yaml')])
  expect(await nodeFiles.glob(join(place, '*.yaml'))).toEqual([join(place, 'a.yaml'), join(place, 'b.yaml')])
})
