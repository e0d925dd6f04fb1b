import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Echo, startEcho } from '../support/echo.ts'
import { type EngineName, engineNames, type Engines, startEngines } from '../support/engines.ts'
import { type Reply, send } from '../support/http.ts'
import { until } from '../support/until.ts'

let echo: Echo
let engines: Engines

beforeAll(async () => {
  echo = await startEcho()
  const endpoints = `endpoints: ["127.0.0.1:${echo.port}"]`
  engines = await startEngines(
    (port) => `
version: 1
listeners: {public: {port: ${port}, address: 127.0.0.1, errorFormat: json}}
services:
  plain: {${endpoints}, caps: {requests: 2}}
  asked: {${endpoints}, caps: {requests: 2, overflow: {status: 429, retryAfter: 2500ms}}}
routes:
  plain: {match: {path: /plain/*}, to: plain}
  asked: {match: {path: /asked/*}, to: asked}
`,
  )
})
afterAll(async () => {
  await engines.stop()
  await echo.close()
})

describe.each(engineNames)('what is above a cap on %s', (engine: EngineName) => {
  /** A request that the service has and does not answer yet; one that finds the places of earlier ones still taken asks again. */
  async function inside(ask: () => Promise<Reply>): Promise<{ readonly reply: Promise<Reply> }> {
    const before = echo.seen.length
    let over = false
    const reply = ask().finally(() => (over = true))
    await until('the service has it, or it is refused', () => over || echo.seen.length > before)
    return echo.seen.length > before ? { reply } : inside(ask)
  }

  /** Answers of two requests that take all places for as long as the others come, and of as many others at once. */
  async function shed(path: string, others: number, headers: Record<string, string> = {}): Promise<Reply[]> {
    const ask = (): Promise<Reply> => send(engines.ports[engine], path, { method: 'POST', headers })
    const { promise, resolve } = Promise.withResolvers<void>()
    echo.held = () => promise
    echo.seen.length = 0
    const within = [await inside(ask), await inside(ask)]
    const refused = await Promise.all(Array.from({ length: others }, ask))
    resolve()
    return [...(await Promise.all(within.map(({ reply }) => reply))), ...refused]
  }

  it.each([
    ['/plain/', 503, '1'],
    ['/asked/', 429, '3'],
  ])('of %s gets %i and the time to come back', async (path, status, after) => {
    const replies = await shed(path, 18)
    const refused = replies.filter((reply) => reply.status === status)
    expect([replies.filter((reply) => reply.status === 200).length, refused.length, echo.seen.length]).toEqual([2, 18, 2])
    for (const { headers, body } of refused) {
      const [error] = (JSON.parse(body) as { errors: { code: string; status: string }[] }).errors
      expect([headers['retry-after'], error?.code, error?.status]).toEqual([after, 'SERVICE_OVERLOADED', String(status)])
    }
  })

  it('is told in gRPC’s own way to its callers', async () => {
    const refused = (await shed('/asked/', 4, { 'content-type': 'application/grpc', te: 'trailers' })).filter(({ headers }) => headers['grpc-status'])
    expect(refused.length).toBe(4)
    for (const { status, headers, body } of refused) expect([status, headers['grpc-status'], body]).toEqual([200, '14', ''])
  })

  it('takes no place: there is room as soon as one of those inside is done', async () => {
    await shed('/plain/', 48)
    await until('there is room', async () =>
      (await Promise.all([1, 2].map(() => send(engines.ports[engine], '/plain/')))).every(({ status }) => status === 200),
    )
    expect((await send(engines.ports[engine], '/plain/')).headers['retry-after']).toBeUndefined()
  })
})
