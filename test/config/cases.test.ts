import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { check } from '../../src/config/check.ts'
import { createFindPosition } from '../../src/config/find-position.ts'
import { read } from '../../src/config/read.ts'
import { buildSchema } from '../../src/config/schema/gateway.ts'
import { collect } from '../../src/diagnostics/collect.ts'
import { printDiagnostics } from '../../src/diagnostics/print.ts'
import { directoryFiles } from './memory-files.ts'
import { points } from './points.ts'

const cases = join(import.meta.dirname, 'cases')
const schema = buildSchema(points)
const env = { HOST: '10.0.0.1', PORT: '9000', EMPTY: '', WORD: 'hunter2' }

describe('input and printed findings', () => {
  test.each(readdirSync(cases))('%s', async (name) => {
    const directory = join(cases, name)
    const overlay = existsSync(join(directory, 'overlays')) ? 'prod' : undefined
    const [source, read1] = await read('gateway.yaml', { files: directoryFiles(directory), overlay })
    const [, checked] = check(source, schema, env)
    const find = createFindPosition(source.files)
    const printed = printDiagnostics(collect([...read1, ...checked], find), find)
    expect(printed).not.toMatch(/hunter2|77001/)
    const golden = join(directory, 'diagnostics.txt')
    if (process.env['UPDATE']) writeFileSync(golden, printed)
    expect(printed).toBe(readFileSync(golden, 'utf8'))
  })
})
