import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { workplace } from './run-cli.ts'

it('schema/gateway.schema.json is what the sources say; `npm run schema` renews it', async () => {
  await using place = await workplace()
  const { stdout } = await place.run(['schema'])
  expect(readFileSync('schema/gateway.schema.json', 'utf8')).toBe(stdout)
})

it('--out writes the same to a file and nothing to stdout', async () => {
  await using place = await workplace()
  const { stdout } = await place.run(['schema'])
  expect(await place.run(['schema', '--out', 'it.json'])).toEqual({ code: 0, stdout: '', stderr: '' })
  expect(readFileSync(place.path('it.json'), 'utf8')).toBe(stdout)
})
