import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { check } from '../../src/config/check.ts'
import { createFindPosition } from '../../src/config/find-position.ts'
import { read } from '../../src/config/read.ts'
import { buildSchema } from '../../src/config/schema/gateway.ts'
import { collect } from '../../src/diagnostics/collect.ts'
import { printDiagnostics } from '../../src/diagnostics/print.ts'
import { cases } from '../support/cases.ts'
import { memoryFiles } from './memory-files.ts'
import { points } from './points.ts'
import { sample } from './sample.ts'

const schema = buildSchema(points)
const text = sample(2)

/** The whole way from text to print; what comes out has a message and a line for every finding. */
async function run(input: string) {
  const [source, found] = await read('gateway.yaml', { files: memoryFiles({ 'gateway.yaml': input }) })
  const [config, more] = check(source, schema, {})
  const diagnostics = [...found, ...more]
  const find = createFindPosition(source.files)
  const collected = collect(diagnostics, find)
  for (const { position, diagnostic } of collected.shown) expect(position, diagnostic.message).toBeDefined()
  expect(printDiagnostics(collected, find) === '').toBe(diagnostics.length === 0)
  return { config, diagnostics }
}

describe('broken files never throw', () => {
  test('the sample itself is valid', async () => expect((await run(text)).diagnostics).toEqual([]))

  test('every truncation', async () => {
    for (let length = 0; length < text.length; length++) await run(text.slice(0, length))
  })

  test('mutations', async () => {
    const junk = fc.oneof(
      fc.constantFrom(
        '{',
        '}',
        '[',
        ']',
        ':',
        ': ',
        '- ',
        '"',
        "'",
        '&a ',
        '*a',
        '!t ',
        '<<: ',
        '#',
        '\n',
        '\n  ',
        '\t',
        '${',
        '${X}',
        '$$',
        '|',
        '>',
        '---\n',
        '__proto__: ',
        'null',
        '1e999',
        '.nan',
        '~',
        '\u2028',
        '\ud800',
      ),
      fc.string({ maxLength: 5 }),
    )
    const edit = fc.record({ at: fc.nat(text.length), cut: fc.nat(12), put: junk })
    await fc.assert(
      fc.asyncProperty(fc.array(edit, { minLength: 1, maxLength: 4 }), async (edits) => {
        await run(edits.reduce((before, { at, cut, put }) => before.slice(0, at) + put + before.slice(at + cut), text))
      }),
      cases(400),
    )
  })

  test('any JSON as a file', async () => {
    await fc.assert(
      fc.asyncProperty(fc.jsonValue(), async (value) => {
        await run(
          JSON.stringify({
            version: 1,
            services: value,
            routes: { a: value, b: { match: value, to: value, retry: value } },
            defaults: value,
            tests: value,
            include: [],
          }),
        )
      }),
      cases(150),
    )
  })
})
