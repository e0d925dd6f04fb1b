import { expect, test } from 'vitest'
import { parseFile } from '../../src/config/parse-file.ts'

const n = 20_000
const levels = (open: string, count: number): string => Array.from({ length: count }, (_, depth) => ' '.repeat(depth) + open).join('\n')

/** Each of these once took time or stack that grows faster than the input. */
test.each([
  ['flow maps', '{'.repeat(n), 'yaml/too-deep'],
  ['flow lists', `a: ${'['.repeat(n)}`, 'yaml/too-deep'],
  ['lists in one line', '- '.repeat(n), 'yaml/too-deep'],
  ['explicit keys', '? '.repeat(n), 'yaml/too-deep'],
  ['maps in one line', 'a: '.repeat(n), 'yaml/too-deep'],
  ['indented maps', levels('a:', 500), 'yaml/too-deep'],
  ['quotes', '"'.repeat(n), 'yaml/syntax'],
  ['commas', `a: [${','.repeat(n)}`, 'yaml/syntax'],
  ['anchors', `a: ${'&a '.repeat(n)}`, 'yaml/syntax'],
  ['tags', `a: ${'!a '.repeat(n)}`, 'yaml/syntax'],
  ['closing braces', '}'.repeat(n), 'yaml/syntax'],
  ['aliases of nothing', `a: [${'*a,'.repeat(n)}]`, 'yaml/quote-this'],
  ['plain lines', 'a\n'.repeat(n), 'config/not-a-map'],
  ['empty lines', '\n'.repeat(n), 'config/empty-file'],
  ['comments', '# x\n'.repeat(n), 'config/empty-file'],
  ['documents', '---\n'.repeat(n), 'yaml/many-documents'],
  ['one key', 'a: 1\n'.repeat(n), 'yaml/duplicate-key'],
])('%s', (_name, text, code) => {
  const { file } = parseFile('gateway.yaml', text)
  expect(file.diagnostics[0]?.code).toBe(code)
  expect(file.diagnostics.length).toBeLessThanOrEqual(1000)
})

test('64 levels are fine, and so are many aliases of one value', () => {
  expect(parseFile('f', `a: ${'['.repeat(60)}${']'.repeat(60)}`).file.diagnostics).toEqual([])
  const routes = Array.from({ length: 5_000 }, (_, i) => `  r${i}: {<<: *common, x: ${i}}`).join('\n')
  const { file } = parseFile('f', `x-common: &common {a: 1, b: {c: [1, 2]}}\nroutes:\n${routes}\n`)
  expect(file.diagnostics).toEqual([])
  const { routes: parsed } = file.value as { routes: Record<string, unknown> }
  expect(parsed['r4999']).toEqual({ a: 1, b: { c: [1, 2] }, x: 4_999 })
})
