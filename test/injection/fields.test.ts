import { expect, it } from 'vitest'
import { fieldsOf } from './schema-fields.ts'
import { oneUseEach } from './bases.ts'
import { bases, fuzzEnvoy, fuzzNginx, schema } from './fuzz.ts'
import { together } from './hostile-texts.ts'

it('knows every field of the language that takes text: each is written in some file that an engine takes', async () => {
  const all = fieldsOf(schema)
  const used = new Set([...(await oneUseEach(bases, 'envoy')).keys(), ...(await oneUseEach(bases, 'nginx')).keys()])
  expect(all.size).toBeGreaterThan(150)
  expect([...all].filter((id) => !used.has(id))).toEqual([])
  expect([...used].filter((id) => !all.has(id))).toEqual([])
})

it('on nginx hostile text in any field is refused, or is data: the same nginx.conf, and a running nginx takes it', async () => {
  const { taken, refused } = await fuzzNginx(together, 'one of each field')
  expect(taken).toBeGreaterThan(500)
  expect(refused).toBeGreaterThan(500)
})

it('on Envoy hostile text in any field is refused, or Envoy takes it', async () => {
  expect(await fuzzEnvoy(together, 1)).toBeGreaterThan(5)
})
