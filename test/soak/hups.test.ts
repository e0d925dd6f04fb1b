import { expect, test } from 'vitest'
import { hups } from '../nginx/hups.ts'

test('100 reloads break no more kept connections than those of a plain nginx, and a client that asks again loses nothing', async () => {
  const { ours, plain } = await hups(100)
  // What breaks is a matter of chance: the difference of two such counts scatters by the root of both together.
  expect(ours).toBeLessThanOrEqual(plain * 1.1 + 6.5 * Math.sqrt(2 * plain + 1))
})
