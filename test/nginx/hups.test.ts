import { expect, test } from 'vitest'
import { hups } from './hups.ts'

test('8 reloads under load on kept connections: a client that asks again loses nothing, and the old workers leave in time', async () => {
  const { requests } = await hups(8)
  expect(requests).toBeGreaterThan(100)
})
