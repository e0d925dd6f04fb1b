import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readMaterials } from '../../src/config/read-material.ts'

const value = 'hunter2'
let dir: string
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'sluice-material-'))
  await writeFile(join(dir, 'key.pem'), value)
})
afterAll(() => rm(dir, { recursive: true, force: true }))

test('what is there is read, from the environment and from files', async () => {
  const { content, problems } = await readMaterials(['env:KEY', `file:${dir}/key.pem`], { KEY: value })
  expect([...content].map(([key, bytes]) => [key, Buffer.from(bytes).toString()])).toEqual([
    ['env:KEY', value],
    [`file:${dir}/key.pem`, value],
  ])
  expect(problems).toEqual([])
})

test('what is not there is named by its place, also where the name is one that every object has', async () => {
  const { content, problems } = await readMaterials(['env:NOPE', 'env:constructor', `file:${dir}/nope`, `file:${dir}`], { KEY: value })
  expect([...content]).toEqual([])
  expect(problems).toEqual([
    { key: 'env:NOPE', problem: 'the environment variable NOPE is not set' },
    { key: 'env:constructor', problem: 'the environment variable constructor is not set' },
    { key: `file:${dir}/nope`, problem: `${dir}/nope does not exist` },
    { key: `file:${dir}`, problem: `${dir} cannot be read (EISDIR)` },
  ])
})
