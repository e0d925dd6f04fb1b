import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Echo, startEcho } from '../support/echo.ts'
import { type EngineName, engineNames, type Engines, startEngines } from '../support/engines.ts'
import { send } from '../support/http.ts'

let echo: Echo
let engines: Engines

beforeAll(async () => {
  echo = await startEcho()
  const endpoints = `endpoints: ["127.0.0.1:${echo.port}"]`
  let more = '  polite: {match: {path: /polite}, to: free, retry: {attempts: 2, backoff: {retryAfter: 5s}}}\n'
  engines = await startEngines((port) => {
    const text = `
version: 1
listeners: {public: {port: ${port}, address: 127.0.0.1, errorFormat: json}}
services:
  bounded: {${endpoints}, retryBudget: {percent: 20%, minConcurrency: 2}}
  free: {${endpoints}, retryBudget: {percent: 100%, minConcurrency: 1000}}
defaults: {route: {retry: {attempts: 3, when: [5xx], backoff: {initial: 1ms}}}}
routes:
  bounded: {match: {path: /bounded}, to: bounded}
  free: {match: {path: /free}, to: free}
${more}`
    more = '' // nginx refuses it
    return text
  })
})
afterAll(async () => {
  await engines.stop()
  await echo.close()
})
beforeEach(() => {
  echo.status = 503
  echo.seen.length = 0
})

describe.each(engineNames)('the retry budget on %s', (engine: EngineName) => {
  /**
   * Attempts that the service saw for as many requests at once, and the statuses of the answers. It answers only when all requests that have no
   * answer yet wait for it: so the attempts go in three waves, however slow the machine is.
   */
  async function burst(path: string, times: number): Promise<[number, number[]]> {
    const statuses: number[] = []
    let waiting = 0
    let wave = Promise.withResolvers<void>()
    const answerAll = (): void => {
      if (waiting < times - statuses.length) return
      waiting = 0
      wave.resolve()
      wave = Promise.withResolvers<void>()
    }
    echo.held = () => {
      const { promise } = wave
      waiting++
      answerAll()
      return promise
    }
    const one = async (): Promise<void> => {
      statuses.push((await send(engines.ports[engine], path)).status)
      answerAll()
    }
    await Promise.all(Array.from({ length: times }, one))
    echo.held = () => undefined
    return [echo.seen.length, statuses]
  }

  it('keeps an overload from being multiplied', async () => {
    const [attempts, statuses] = await burst('/bounded', 100)
    expect(new Set(statuses)).toEqual(new Set([503]))
    // A fifth of a hundred is tried again, and a fifth of those once more; three times as many would be tried without a budget.
    expect(attempts).toBeGreaterThan(100)
    expect(attempts).toBeLessThanOrEqual(160)
  })

  it('lets every request have its attempts where there is room', async () => {
    const [attempts] = await burst('/free', 30)
    expect(attempts).toBe(90)
  })

  it('gives its room back', async () => {
    await burst('/bounded', 50)
    echo.seen.length = 0
    for (let index = 0; index < 3; index++) await send(engines.ports[engine], '/bounded')
    expect(echo.seen.length).toBe(9)
  })
})

it('waits on Envoy as long as Retry-After says', async () => {
  echo.headers = { 'retry-after': '1' }
  const began = Date.now()
  expect((await send(engines.ports.envoy, '/polite')).status).toBe(503)
  expect([echo.seen.length, Date.now() - began >= 1_000]).toEqual([2, true])
  echo.headers = { 'retry-after': '60' }
  echo.seen.length = 0
  expect((await send(engines.ports.envoy, '/polite')).status).toBe(503)
  // Longer than it may wait, and than the request may take: it does as if nothing had been said.
  expect(echo.seen.length).toBe(2)
  echo.headers = {}
})
