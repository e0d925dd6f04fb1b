import { describe, expect, test } from 'vitest'
import { Compiler } from '../../src/compile.ts'
import { memoryFiles } from './memory-files.ts'

const base = `version: 1
listeners: {public: {port: 8080}}
services:
  orders:
    endpoints: [127.0.0.1:9000]
routes:
  orders:
    match: {path: /orders/*}
    to: orders
`

async function findings(from: string, to: string): Promise<readonly (string | undefined)[][]> {
  expect(base).toContain(from)
  const { diagnostics } = await new Compiler('gateway.yaml', { env: {}, files: memoryFiles({ 'gateway.yaml': base.replace(from, to) }) }).compile()
  return diagnostics.map(({ message, help }) => [message, help])
}

describe('every mistake is said once, with what to do', () => {
  test.each([
    ['version: 1', 'version: 2', '"version" must be 1, not 2', undefined],
    ['endpoints:', 'healthCheck: /health\n    endpoints:', '"healthCheck" must be "none" or a map, not the text "/health"', undefined],
    ['endpoints:', 'healthCheck: {expect: 200}\n    endpoints:', '"expect" must be a list, not 200', 'write a list: [200]'],
    ['path: /orders/*', 'path:/orders/*', 'unknown key "path:/orders/*"', 'put a space after the colon: "path: /orders/*"'],
    [
      'to: orders\n',
      'to: orders\n    headers: {request: {set: {"x y": z}}}\n',
      '"x y" cannot be a key here',
      'names of headers have letters, digits and hyphens',
    ],
    [
      'to: orders\n',
      'to: orders\n    headers: {request: {set: {x-y: "a\\r\\nb: c"}}}\n',
      String.raw`"a\r\nb: c" must be one line, without control characters`,
      undefined,
    ],
    ['to: orders\n', 'to: orders\n    group: shop\n', 'group "shop" does not exist', 'add it under `groups`'],
    [
      '/orders/*}',
      '/orders/* methods: [GET]}',
      'a second "key:" follows inside {} or []',
      'a comma or a closing bracket is missing before it, or the text needs quotes',
    ],
    [
      '  orders:\n    match',
      '  orders:\n     match',
      'the indentation of this line fits none of the lines above',
      'keys of one map begin in the same column',
    ],
    ['    endpoints', '\tendpoints', 'Tabs are not allowed as indentation', 'use spaces'],
    ['[127.0.0.1:9000]', '[127.0.0.1:9000', 'a "[" is not closed here', 'add "]", or indent what continues it'],
  ])('%j instead of %j', async (from, to, message, help) => expect(await findings(from, to)).toEqual([[message, help]]))
})

describe('a regular expression', () => {
  const hints = async (regex: string) => (await findings('path: /orders/*', `path: {regex: '${regex}'}`)).map(([, help]) => help)
  test('with look-around is told that RE2 has none', async () => {
    expect(await hints('/a(?=b)')).toEqual(['look-around and back-references do not exist in RE2'])
  })
  test('that is not closed is not', async () => expect(await hints('/a(b')).toEqual([undefined]))
})

test('a service is not called unused while the route that may lead to it cannot be read', async () => {
  expect(await findings('path: /orders/*', 'path: orders/*')).toEqual([['path "orders/*" does not begin with "/"', 'write "/orders/*"']])
  expect(await findings('to: orders', 'to: order')).toEqual([['service "order" does not exist', 'did you mean "orders"?']])
  expect(await findings('to: orders', 'respond: {status: 204}')).toEqual([
    ['no route leads to service orders', 'remove it, or add a route with `to`'],
  ])
})
