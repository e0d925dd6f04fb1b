import { describe, expect, test } from 'vitest'
import { check } from '../../src/config/check.ts'
import { compileSchema } from '../../src/config/compile-schema.ts'
import { FileCache } from '../../src/config/file-cache.ts'
import { read } from '../../src/config/read.ts'
import { buildSchema } from '../../src/config/schema/gateway.ts'
import { memoryFiles } from './memory-files.ts'
import { points } from './points.ts'

const main = `version: 1
include: [routes/*.yaml]
services:
  orders: {endpoints: ["\${HOST:-10.0.0.1}:9000"]}
  billing: {endpoints: [10.0.0.2:80], balancing: round-robin}
`
const routes = 'routes:\n  a: {match: {path: /a}, to: orders}\n  b: {match: {path: /b}, to: billing}\n'
const texts = () =>
  ({ 'gateway.yaml': main, 'routes/a.yaml': routes, 'overlays/prod.yaml': 'services: {billing: {protocol: h2, balancing: null}}\n' }) as Record<
    string,
    string
  >

async function run(files: Record<string, string>, cache = new FileCache(), env: Record<string, string> = {}, overlay?: string) {
  const schema = buildSchemaOnce
  const [source, found] = await read('gateway.yaml', { files: memoryFiles(files), cache, overlay })
  const [config, more] = check(source, schema, env)
  return { source, config, diagnostics: [...found, ...more], cache }
}
const buildSchemaOnce = buildSchema(points)

describe('identity over two reads', () => {
  test('unchanged files are not parsed, unchanged values not checked', async () => {
    const first = await run(texts())
    const checkedBefore = compileSchema(buildSchemaOnce).checked
    const second = await run(texts(), first.cache)
    expect(first.diagnostics).toEqual([])
    expect(first.cache.parsed).toBe(2)
    for (const name of ['a', 'b']) expect(second.config?.collections.routes.get(name)?.value).toBe(first.config?.collections.routes.get(name)?.value)
    expect(second.config?.collections.services.get('orders')?.value).toBe(first.config?.collections.services.get('orders')?.value)
    // Only `version`, a scalar, is looked at again.
    expect(compileSchema(buildSchemaOnce).checked - checkedBefore).toBe(1)
  })

  test('one changed line changes one value', async () => {
    const first = await run(texts())
    const second = await run({ ...texts(), 'routes/a.yaml': routes.replace('/b}', '/c}') }, first.cache)
    expect(second.config?.collections.routes.get('a')?.value).toBe(first.config?.collections.routes.get('a')?.value)
    expect(second.config?.collections.routes.get('b')?.value).toEqual({ match: { path: '/c' }, to: 'billing' })
    expect(first.cache.parsed).toBe(3)
  })

  test('a broken file in between changes nothing', async () => {
    const first = await run(texts())
    const broken = await run({ ...texts(), 'routes/a.yaml': routes.slice(0, -3) }, first.cache)
    expect(broken.diagnostics.map(({ code }) => code)).toEqual(['yaml/syntax'])
    const mended = await run(texts(), first.cache)
    expect(mended.config?.collections.routes.get('a')?.value).toBe(first.config?.collections.routes.get('a')?.value)
  })

  test('a changed variable changes what uses it', async () => {
    const first = await run(texts())
    const second = await run(texts(), first.cache, { HOST: '10.9.9.9' })
    expect(second.config?.collections.services.get('orders')?.value).toEqual({ endpoints: ['10.9.9.9:9000'] })
    expect(second.config?.collections.services.get('billing')?.value).toBe(first.config?.collections.services.get('billing')?.value)
  })
})

describe('overlay', () => {
  test('patches by name, and keeps both places', async () => {
    const { config, cache } = await run(texts(), undefined, {}, 'prod')
    const billing = config?.collections.services.get('billing')
    expect(billing?.value).toEqual({ endpoints: ['10.0.0.2:80'], protocol: 'h2' })
    expect(billing?.origin).toEqual([
      { file: 'gateway.yaml', path: ['services', 'billing'] },
      { file: 'overlays/prod.yaml', path: ['services', 'billing'] },
    ])
    const again = await run(texts(), cache, {}, 'prod')
    expect(again.config?.collections.services.get('billing')?.value).toBe(billing?.value)
  })

  test('must exist and have a name that is one', async () => {
    expect((await run(texts(), undefined, {}, 'dev')).diagnostics.map(({ message }) => message)).toEqual(['overlays/dev.yaml does not exist'])
    expect((await run(texts(), undefined, {}, '../x')).diagnostics.map(({ code }) => code)).toEqual(['config/bad-overlay'])
  })
})

test('what to watch: files and patterns, existing or not', async () => {
  const { source } = await run({ 'gateway.yaml': 'version: 1\ninclude: [x/*.yaml, y.yaml]\n' })
  expect(source.watched).toEqual(['gateway.yaml', 'x/*.yaml', 'y.yaml'])
})

test('tests of all files stand in one list, each with its place', async () => {
  const one = 'tests: [{request: GET /a, expect: {route: a}}]\n'
  const { config } = await run({ ...texts(), 'gateway.yaml': main + one, 'routes/a.yaml': routes + one })
  expect(config?.tests.map(({ name, origin }) => [name, origin[0]?.file])).toEqual([
    ['0', 'gateway.yaml'],
    ['1', 'routes/a.yaml'],
  ])
})

test('variables take the type that the schema asks for, also inside unions', async () => {
  const text = `version: 1
name: \${NAME}
listeners: {a: {port: "\${P}", address: "\${A}"}}
routes:
  r: {match: {path: /r, headers: {x-a: {present: "\${T}"}, x-b: "\${P}"}}, respond: {status: "\${S}"}, priority: "\${P}", owner: "$\${P} $ \${P}"}
`
  const { config, diagnostics } = await run({ 'gateway.yaml': text }, undefined, { NAME: '42', P: '81', A: '0.0.0.0', T: 'true', S: '404' })
  expect(diagnostics).toEqual([])
  expect(config?.name).toBe('42')
  expect(config?.collections.listeners.get('a')?.value).toEqual({ port: 81, address: '0.0.0.0' })
  expect(config?.collections.routes.get('r')?.value).toEqual({
    match: { path: '/r', headers: { 'x-a': { present: true }, 'x-b': '81' } },
    respond: { status: 404 },
    priority: 81,
    owner: '${P} $ 81',
  })
})

test('an entity with errors is left out and named', async () => {
  const { config } = await run({ 'gateway.yaml': 'version: 1\nservices: {a: {endpoints: []}, b: {}}\naccessLog: 5\n' })
  expect([...(config?.collections.services.keys() ?? [])]).toEqual(['a'])
  expect([...(config?.invalid ?? [])].sort()).toEqual(['accessLog', 'services/b'])
})

test('a key of the whole gateway is one value, from one file or several', async () => {
  const { config, diagnostics } = await run({ 'gateway.yaml': 'version: 1\naccessLog: {path: stdout}\n' })
  expect(diagnostics).toEqual([])
  expect(config?.gateway.get('accessLog')).toEqual({
    name: 'accessLog',
    value: { path: 'stdout' },
    origin: [{ file: 'gateway.yaml', path: ['accessLog'] }],
  })
})

test('a root file that does not exist comes with the way to a first one, a missing include without', async () => {
  const [, root] = await read('gateway.yaml', { files: memoryFiles({}) })
  expect(root.map(({ message, help }) => [message, help])).toEqual([
    ['gateway.yaml does not exist', 'name the file, or write a first one with `sluice init`'],
  ])
  const [, inner] = await read('gateway.yaml', { files: memoryFiles({ 'gateway.yaml': 'version: 1\ninclude: [a.yaml]\n' }) })
  expect(inner.map(({ message, help }) => [message, help])).toEqual([['a.yaml does not exist', undefined]])
})
