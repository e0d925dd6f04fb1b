import { globSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { workplace } from './run-cli.ts'

const golden = resolve(import.meta.dirname, 'merged.yaml')

const files = {
  'gateway.yaml': `version: 1
include: [routes/*.yaml]
listeners: {public: {port: "\${PORT:-8080}", errorFormat: json}}
services:
  orders: {endpoints: ["127.0.0.1:9000"], healthCheck: none}
  users: {endpoints: [{address: "127.0.0.1:9001", weight: 2}]}
defaults:
  service: {healthCheck: {path: /up}}
  route: {timeouts: {request: 30s, idle: 5m}, retry: {attempts: 2}}
groups:
  shop: {hosts: [shop.example.com], policy: {timeouts: {request: 10s}}}
`,
  'routes/all.yaml': `routes:
  orders: {group: shop, match: {path: /orders/*}, to: orders, retry: none}
  users: {match: [{path: "/users/{id}"}, {path: /me}], to: [{service: users}, {service: orders, weight: 3}]}
`,
  'overlays/prod.yaml': 'routes: {orders: {timeouts: {perTry: 2s}}}\n',
}

describe('compile --print-merged', () => {
  it('is one file with every default and the place of each part', async () => {
    await using place = await workplace(files)
    const { code, stdout } = await place.run(['compile', '--print-merged', '--env', 'prod'])
    expect(code).toBe(0)
    const shown = stdout.replaceAll(`${place.dir}/`, '')
    if (process.env['UPDATE']) writeFileSync(golden, shown)
    expect(shown).toBe(readFileSync(golden, 'utf8'))
  })

  it.each([[[]], [['--env', 'prod']]])('means the same as the files that it was made of (%o)', async (overlay) => {
    await using place = await workplace(files)
    await place.write('merged.yaml', (await place.run(['compile', '--print-merged', ...overlay])).stdout)
    const merged = await place.run(['compile', 'merged.yaml'])
    expect(merged.stderr).toBe('')
    expect(merged.stdout).toBe((await place.run(['compile', ...overlay])).stdout)
    const again = await place.run(['compile', 'merged.yaml', '--print-merged'])
    expect(parse(again.stdout)).toEqual(parse(readFileSync(place.path('merged.yaml'), 'utf8')))
  })

  it('quotes a text that other YAML readers take for a boolean', async () => {
    await using place = await workplace({
      'gateway.yaml': `version: 1
listeners: {public: {port: 8080}}
routes: {a: {match: {path: /}, respond: {status: 200, text: "yes"}}}
`,
    })
    await place.write('merged.yaml', (await place.run(['compile', '--print-merged'])).stdout)
    expect((await place.run(['validate', 'merged.yaml'])).code).toBe(0)
  })

  for (const example of globSync('examples/*.yaml')) {
    it(`changes nothing in ${example}`, async () => {
      await using place = await workplace()
      const merged = await place.run(['compile', resolve(example), '--print-merged'])
      expect(merged.code).toBe(0)
      const file = resolve('examples', `.${basename(place.dir)}.yaml`) // beside the example, where its relative paths lead
      try {
        writeFileSync(file, merged.stdout)
        expect(await place.run(['plan', file, '--against', resolve(example), '--quiet', '--exit-code'])).toEqual({
          code: 0,
          stdout: 'No changes.\n',
          stderr: '',
        })
      } finally {
        rmSync(file, { force: true })
      }
    })
  }
})
