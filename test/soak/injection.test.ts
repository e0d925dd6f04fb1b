import { expect, it } from 'vitest'
import { fuzzEnvoy, fuzzNginx } from '../injection/fuzz.ts'
import { controls, words } from '../injection/hostile-texts.ts'

it('each hostile word and control character alone, in every field, on nginx', async () => {
  expect((await fuzzNginx([...words, ...controls], 'all')).taken).toBeGreaterThan(4_000)
})

it('each hostile word and control character in every field, on Envoy', async () => {
  const texts = [...words, ...controls]
  expect(await fuzzEnvoy(texts, texts.length)).toBeGreaterThan(400)
})
