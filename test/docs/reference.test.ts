import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { referencePages } from '../../scripts/reference.ts'
import { features } from '../../src/features/index.ts'

const root = join(import.meta.dirname, '../..')
const pages = await referencePages()

it.each([...pages])('%s is what the program says (else: node scripts/reference.ts)', async (path, text) => {
  expect(await readFile(join(root, path), 'utf8')).toBe(text)
})

it('names every key of every feature', () => {
  const page = pages.get('docs/reference/configuration.md') ?? ''
  for (const { key } of features.flatMap((feature) => feature.points)) expect(page).toContain(`\`${key}\``)
})

it('names every code of every feature', () => {
  const page = pages.get('docs/reference/codes.md') ?? ''
  for (const code of features.flatMap((feature) => Object.keys(feature.codes ?? {}))) expect(page).toContain(`\`${code}\``)
})
