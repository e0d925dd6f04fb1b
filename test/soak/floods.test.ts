import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { h1Floods, slowHead, slowRead } from '../floods/h1-floods.ts'
import { toBeBorne, toBeEnded } from '../floods/h2-floods.ts'
import { flooded, type Stand, startStand } from '../floods/stand.ts'
import { engineNames } from '../support/engines.ts'

let stand: Stand
beforeAll(async () => {
  stand = await startStand()
})
afterAll(() => stand.stop())

const connections = { size: 1_500, ms: 12_000, growthMiB: 300 }
const frames = { size: 200_000, ms: 2_000, growthMiB: 200 }

describe.each(engineNames)('%s under a long flood of', (engine) => {
  it.each(h1Floods)('$name', async (flood) => {
    // The service, which is in this process, fills the buffers of the kernel for each of the slow readers.
    const { attack } = await flooded(stand, engine, flood, { ...connections, ...(flood === slowRead && { size: 300 }) })
    // A head has 10 s to come.
    if (flood === slowHead) expect(attack.refused()).toBe(connections.size)
  })

  it.each([...toBeBorne, ...toBeEnded])('$name', async (flood) => {
    expect((await flooded(stand, engine, flood, { ...frames, mustEnd: toBeEnded.includes(flood) })).requests).toBeGreaterThan(50)
  })
})
