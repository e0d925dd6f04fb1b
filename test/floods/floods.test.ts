import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { engineNames } from '../support/engines.ts'
import { h1Floods } from './h1-floods.ts'
import { toBeBorne, toBeEnded } from './h2-floods.ts'
import { flooded, type Stand, startStand } from './stand.ts'

let stand: Stand
beforeAll(async () => {
  stand = await startStand()
})
afterAll(() => stand.stop())

const connections = { size: 150, ms: 200, growthMiB: 48 }
const frames = { size: 10_000, ms: 200, growthMiB: 48 }

describe.each(engineNames)('%s under a flood of', (engine) => {
  it.each(h1Floods)('$name: other clients are served, and memory is bounded', async (flood) => {
    expect((await flooded(stand, engine, flood, connections)).requests).toBeGreaterThan(5)
  })

  it.each(toBeBorne)('$name: other clients are served, and memory is bounded', async (flood) => {
    expect((await flooded(stand, engine, flood, frames)).requests).toBeGreaterThan(5)
  })

  it.each(toBeEnded)('$name: it ends the connection, other clients are served, and memory is bounded', async (flood) => {
    const hits = stand.hits()
    const { requests } = await flooded(stand, engine, flood, { ...frames, mustEnd: true })
    // Of ten thousand requests that nobody waits for, the service sees next to none.
    expect(stand.hits() - hits - requests).toBeLessThan(500)
  })
})
