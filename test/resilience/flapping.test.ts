import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type EngineName, engineNames, type Engines, startEngines } from '../support/engines.ts'
import { type Echo, startEcho } from '../support/echo.ts'
import { send } from '../support/http.ts'
import { until } from '../support/until.ts'

let steady: Echo
let flapping: Echo
let leaving: Leaving
let engines: Engines

beforeAll(async () => {
  ;[steady, flapping, leaving] = await Promise.all([startEcho('steady'), startEcho('flapping'), startLeaving()])
  engines = await startEngines(
    (port) => `
version: 1
listeners: {public: {port: ${port}, address: 127.0.0.1}}
defaults: {route: {retry: {attempts: 3, when: [connect-failure, reset, refused-stream], backoff: {initial: 1ms}}}}
services:
  flaps:
    endpoints: ["127.0.0.1:${steady.port}", "127.0.0.1:${flapping.port}"]
    healthCheck: {interval: 250ms, timeout: 30s, unhealthyAfter: 2, healthyAfter: 2}
    outlierDetection: {consecutive5xx: 3, ejectFor: 200ms, maxEjectFor: 2s}
  leaves: {endpoints: ["127.0.0.1:${steady.port}", "127.0.0.1:${leaving.port}"]}
routes:
  flaps: {match: {path: /flaps/*}, to: flaps}
  leaves: {match: {path: /leaves/*}, to: leaves}
`,
  )
})
afterAll(async () => {
  await engines.stop()
  await Promise.all([steady.close(), flapping.close()])
  leaving.stop()
})

/** A service that ends as a well-behaved program does on SIGTERM: it takes no more connections, and finishes what is under way. */
interface Leaving {
  readonly port: number
  served: number
  leave(): void
  back(): Promise<void>
  stop(): void
}

async function startLeaving(): Promise<Leaving> {
  let server: Server | undefined
  const open = async (port: number): Promise<number> => {
    const fresh = createServer((_, response) => {
      leaving.served++
      setTimeout(() => response.end('ok'), 150)
    })
    fresh.keepAliveTimeout = 0
    await new Promise<void>((resolve) => fresh.listen(port, '127.0.0.1', resolve))
    fresh.unref()
    server = fresh
    return (fresh.address() as AddressInfo).port
  }
  const leaving = {
    port: 0,
    served: 0,
    leave: () => void server?.close(),
    back: async () => void (await open(leaving.port)),
    stop: () => {
      server?.close()
      server?.closeAllConnections()
    },
  }
  leaving.port = await open(0)
  return leaving
}

describe.each(engineNames)('an instance behind %s', (engine: EngineName) => {
  /** Statuses of a steady stream of requests while something happens. */
  async function during(path: string, happening: () => Promise<void>): Promise<number[]> {
    let over = false
    const statuses: number[] = []
    const client = async (): Promise<void> => {
      while (!over) {
        statuses.push((await send(engines.ports[engine], path)).status)
        await delay(5)
      }
    }
    const clients = Array.from({ length: 4 }, client)
    await happening()
    over = true
    await Promise.all(clients)
    return statuses
  }

  it('that goes up and down five times a second costs no request', async () => {
    await until('both serve', async () => {
      const before = flapping.seen.length
      for (let index = 0; index < 6; index++) await send(engines.ports[engine], '/flaps/')
      return flapping.seen.length > before
    })
    const statuses = await during('/flaps/', async () => {
      for (let round = 0; round < 10; round++) {
        await flapping.close()
        await delay(100)
        await flapping.reopen()
        await delay(100)
      }
    })
    expect(statuses.length).toBeGreaterThan(100)
    expect(statuses.filter((status) => status !== 200)).toEqual([])
    // Once it is steady it comes back.
    await until('both serve again', async () => {
      const before = flapping.seen.length
      for (let index = 0; index < 6; index++) await send(engines.ports[engine], '/flaps/')
      return flapping.seen.length > before
    })
  })

  it('that leaves with requests under way, and comes back, costs no request', async () => {
    leaving.served = 0
    const statuses = await during('/leaves/', async () => {
      for (let round = 0; round < 3; round++) {
        await until('it serves', () => leaving.served > 2)
        leaving.leave()
        await delay(200)
        leaving.served = 0
        await leaving.back()
      }
    })
    expect(statuses.length).toBeGreaterThan(20)
    expect(statuses.filter((status) => status !== 200)).toEqual([])
  })
})
