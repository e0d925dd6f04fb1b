import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type EngineName, engineNames, type Engines, startEngines } from '../support/engines.ts'
import { type Faulty, startFaulty } from '../support/faulty.ts'
import { send } from '../support/http.ts'

let faulty: Faulty
let engines: Engines

beforeAll(async () => {
  faulty = await startFaulty()
  engines = await startEngines(
    (port) => `
version: 1
listeners: {public: {port: ${port}, address: 127.0.0.1, errorFormat: json}}
services: {faulty: {endpoints: ["127.0.0.1:${faulty.port}"]}}
defaults: {route: {retry: {attempts: 3, when: [connect-failure, reset], backoff: {initial: 1ms}}}}
routes:
  all: {match: {path: /*}, to: faulty, timeouts: {request: 2s}}
  silent: {match: {path: /silent}, to: faulty, timeouts: {request: 200ms}, retry: none}
  tries: {match: {path: /tries}, rewrite: {path: /silent}, to: faulty, timeouts: {request: 1s, perTry: 100ms}, retry: {attempts: 3, when: [per-try-timeout]}}
  drip: {match: {path: /drip}, to: faulty, timeouts: {request: 700ms}, retry: none}
`,
  )
})
afterAll(async () => {
  await engines.stop()
  faulty.close()
})

describe.each(engineNames)('a service that misbehaves behind %s', (engine: EngineName) => {
  /** The status, or what broke the answer; and how often the service was asked. */
  async function outcome(path: string, method = 'GET', body?: string): Promise<[number | 'broken', number]> {
    const asked = path === '/tries' ? '/silent' : path
    faulty.attempts.delete(asked)
    const status = await send(engines.ports[engine], path, { method, ...(body === undefined ? {} : { body }) }).then(
      (reply) => reply.status,
      () => 'broken' as const,
    )
    return [status, faulty.attempts.get(asked) ?? 0]
  }

  it.each([
    ['is silent', '/silent', 504, 1],
    ['is silent for each attempt', '/tries', 504, 3],
    ['resets', '/reset', 503, 3],
  ])('%s', async (_, path, status, attempts) => {
    expect(await outcome(path)).toEqual([status, attempts])
    expect(JSON.parse((await send(engines.ports[engine], path)).body)).toHaveProperty('errors')
  })

  it('is not asked twice to do what may be done once', async () => {
    expect(await outcome('/reset', 'POST', 'x')).toEqual([503, 1])
  })

  it('breaks off in the middle of its answer: the client sees that it is broken, and nothing is sent twice', async () => {
    expect(await outcome('/mid-body')).toEqual(['broken', 1])
    const [bad] = await outcome('/bad-chunk')
    expect(bad === 'broken' || bad >= 500).toBe(true)
  })

  it('drips: the wait for the answer is bounded, and on Envoy the whole of it', async () => {
    expect(await outcome('/drip')).toEqual([engine === 'envoy' ? 'broken' : 200, 1])
  })

  it('speaks something else than HTTP: nobody takes it for an answer', async () => {
    // nginx takes it for HTTP/0.9, which no client does.
    expect([502, 503, 'broken']).toContain((await outcome('/no-http'))[0])
  })

  it.each(['/huge-head', '/half-head'])('does not finish its head, or has too much of it: %s', async (path) => {
    const [status] = await outcome(path)
    expect([502, 503]).toContain(status)
    expect(JSON.parse((await send(engines.ports[engine], path)).body)).toHaveProperty('errors')
  })

  it('leaves the others alone: after all of that the next request is served', async () => {
    for (let index = 0; index < 10; index++) expect((await send(engines.ports[engine], '/fine', { method: 'POST', body: 'abc' })).body).toBe('abc')
  })

  it('lets a client that waits for 100-continue go on, with its body', async () => {
    const text = await new Promise<string>((resolve, reject) => {
      const socket = connect(engines.ports[engine], '127.0.0.1')
      let seen = ''
      let sent = false
      socket.setTimeout(3_000, () => socket.destroy(new Error(`no answer, only ${seen}`)))
      socket.on('error', reject)
      socket.on('data', (data) => {
        seen += data.toString('latin1')
        if (!sent && seen.includes('100 Continue\r\n\r\n')) {
          sent = true
          socket.write('hello')
        }
        if (seen.endsWith('hello')) {
          resolve(seen)
          socket.destroy()
        }
      })
      socket.write('POST /fine HTTP/1.1\r\nhost: a.test\r\ncontent-length: 5\r\nexpect: 100-continue\r\n\r\n')
    })
    expect(text).toContain('HTTP/1.1 200 OK')
  })
})
