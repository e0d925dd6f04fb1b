import { expect, test } from 'vitest'
import { hups } from '../nginx/hups.ts'

test('100 reloads break no more kept connections than those of a plain nginx, and a client that asks again loses nothing', async () => {
  const { ours, plain } = await hups(100)
  // What breaks is a matter of chance: counts of this size scatter by their root.
  expect(ours).toBeLessThanOrEqual(plain * 1.1 + 3 * Math.sqrt(plain + 1))
})
