import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { explainCode, joinCodes } from '../../src/diagnostics/explain-code.ts'
import type { Codes } from '../../src/diagnostics/explain-code.ts'

const root = join(import.meta.dirname, '../..')

/** The catalogues of the stages; a feature's own codes stand in its `codes` and are compared within its folder. */
const stages = globSync('src/*/codes.ts', { cwd: root }).sort()

test.each(stages)('every code of %s is reported somewhere, and every code reported there is documented', async (file) => {
  const { codes } = (await import(join(root, file))) as { codes: Codes }
  const sources = globSync('src/**/*.ts', { cwd: root, exclude: [file, 'src/features/**'] }).map((path) => readFileSync(join(root, path), 'utf8'))
  const topics = new Set(Object.keys(codes).map((code) => code.split('/')[0]))
  const reported = new Set(
    sources.flatMap((text) =>
      [...text.matchAll(/'([a-z-]+)\/[a-z][a-z0-9-]*'/g)].filter(([, topic]) => topics.has(topic)).map(([literal]) => literal.slice(1, -1)),
    ),
  )
  const known = joinCodes(await Promise.all(stages.map(async (stage) => ((await import(join(root, stage))) as { codes: Codes }).codes)))
  expect(Object.keys(codes).filter((code) => !reported.has(code))).toEqual([])
  expect([...reported].filter((code) => !Object.hasOwn(known, code))).toEqual([])
  for (const [code, text] of Object.entries(codes)) expect(text, code).toMatch(/^[A-Z`].{30,}\.$/)
})

test('a mistyped code is answered with the nearest', () => {
  const codes = { 'config/unknown-key': 'Text.' }
  expect(explainCode(codes, 'config/unknown-key')).toEqual({ text: 'Text.' })
  expect(explainCode(codes, 'config/unknow-key')).toEqual({ nearest: 'config/unknown-key' })
  expect(explainCode(codes, 'toString')).toEqual({ nearest: undefined })
  expect(() => joinCodes([codes, codes])).toThrow('documented twice')
})
