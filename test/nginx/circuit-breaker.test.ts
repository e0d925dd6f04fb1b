import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { request } from 'node:http'
import { type Echo, startEcho } from '../support/echo.ts'
import { freePort } from '../support/free-port.ts'
import { type Reply, send } from '../support/http.ts'
import { compileText, startNginx, type TestNginx } from '../support/nginx.ts'
import { until } from '../support/until.ts'

let echo: Echo
let other: Echo
let nginx: TestNginx
let port: number
let yaml: (openFor?: string) => string

const files = { 'rest.html': '<p>resting \u00e9</p>' }

beforeAll(async () => {
  ;[echo, other, port] = await Promise.all([startEcho('main'), startEcho('other'), freePort()])
  const endpoints = `endpoints: ["127.0.0.1:${echo.port}"]`
  const quick = (more: string, openFor = '300ms'): string => `circuitBreaker: {openWhen: {failures: 5, within: 10s}, openFor: ${openFor}, ${more}}`
  yaml = (openFor = '300ms') => `version: 1
name: t
listeners: {public: {port: ${port}, errorFormat: json}}
services:
  plain: {${endpoints}, ${quick('halfOpen: {probes: 3}', openFor)}}
  most: {${endpoints}, ${quick('halfOpen: {probes: 4, successes: 3}')}}
  json: {${endpoints}, ${quick('fallback: {respond: {status: 200, json: {resting: true}, headers: {x-fallback: "yes"}}}', '30s')}}
  file: {${endpoints}, ${quick('fallback: {respond: {status: 503, file: rest.html}}', '30s')}}
  elsewhere: {${endpoints}, ${quick('fallback: {service: spare}', '30s')}}
  spare: {endpoints: ["127.0.0.1:${other.port}"]}
  rate: {${endpoints}, circuitBreaker: {openWhen: {errorRate: 50%, within: 10s, minRequests: 10}, openFor: 30s}}
  window: {${endpoints}, circuitBreaker: {openWhen: {failures: 3, within: 200ms}, openFor: 30s}}
  kept: {${endpoints}, ${quick('halfOpen: {probes: 3}', '30s')}}
  gone: {${endpoints}, ${quick('halfOpen: {probes: 1}')}}
defaults: {route: {retry: {attempts: 3, when: [5xx]}}}
routes:
${['plain', 'most', 'json', 'file', 'elsewhere', 'rate', 'window', 'kept', 'gone'].map((name) => `  ${name}: {match: {path: /${name}/*}, to: ${name}}`).join('\n')}
`
  nginx = await startNginx(await compileText(yaml(), files))
})
afterAll(() => nginx.stop())
beforeEach(() => {
  echo.status = 200
  echo.delayMs = 0
})

const get = (path: string): Promise<Reply> => send(port, path)
const many = (path: string, times: number): Promise<Reply[]> => Promise.all(Array.from({ length: times }, () => get(path)))
const hits = (name: string): number => echo.seen.filter(({ url }) => url.startsWith(`/${name}/`)).length
const isRefused = ({ status, body }: Reply): boolean => status === 503 && body.includes('SERVICE_OVERLOADED')

/** Lets the service fail until its circuit is open. */
async function open(name: string): Promise<void> {
  echo.status = 500
  for (let index = 0; index < 5 && !isRefused(await get(`/${name}/`)); index++);
}

describe('the circuit of a service', () => {
  it('opens after so many failed attempts, and lets nothing through', async () => {
    await open('plain')
    const before = hits('plain')
    const refused = await many('/plain/', 30)
    expect(refused.filter(isRefused).length).toBe(30)
    expect(hits('plain')).toBe(before)
    expect(Number(refused[0]?.headers['retry-after'])).toBe(1)
  })

  it('lets exactly its probes through, over both workers and many connections, round after round, each tried once', async () => {
    await open('plain')
    for (let round = 0; round < 4; round++) {
      echo.delayMs = 200
      await until('the circuit is open again', async () => isRefused(await get('/plain/')))
      const before = hits('plain')
      // While the first probes are out, and after the last request that may have come before the time of the circuit was over, more ask for a place.
      const asked: Promise<unknown>[] = []
      await until('a probe was sent', () => {
        asked.push(many('/plain/', 8))
        return hits('plain') > before
      })
      asked.push(many('/plain/', 24))
      await Promise.all(asked)
      await until('the probes are back', async () => isRefused(await get('/plain/')))
      expect(hits('plain') - before).toBe(3)
    }
  })

  it('closes after good probes, and counts anew from there', async () => {
    echo.delayMs = 0
    await until('it is closed', async () => (await many('/plain/', 8)).every(({ status }) => status === 200))
    echo.status = 500
    const first = await get('/plain/')
    expect([first.status, isRefused(first)]).toEqual([500, false])
  })

  it('bears as many bad probes as it can while enough may still be good', async () => {
    await open('most')
    echo.status = 200
    let failed = false
    await until('it is closed', async () => {
      echo.status = failed ? 200 : 500
      const reply = await get('/most/')
      if (!isRefused(reply) && reply.status === 500) failed = true
      echo.status = 200
      return failed && (await many('/most/', 6)).every(({ status }) => status === 200)
    })
    expect(nginx.output().match(/circuit of service most is half-open/g)?.length).toBe(1)
  })

  it('gives the place of a probe back when its client went away', async () => {
    await open('gone')
    echo.status = 200
    echo.delayMs = 400
    const before = hits('gone')
    await until('the probe is under way', () => {
      const sent = request({ host: '127.0.0.1', port, path: '/gone/', agent: false }, (reply) => reply.resume())
      sent.on('error', () => {})
      sent.end()
      setTimeout(() => sent.destroy(), 60)
      return Promise.resolve(hits('gone') > before)
    })
    echo.delayMs = 0
    await until('another probe closed it', async () => (await get('/gone/')).status === 200)
    expect(nginx.output().match(/circuit of service gone is open/g)?.length).toBe(1)
  })
})

describe('the fallback', () => {
  it('is an answer word for word', async () => {
    await open('json')
    await until('it is open', async () => (await get('/json/')).status === 200)
    const { headers, body } = await get('/json/')
    expect([headers['content-type'], headers['x-fallback'], body]).toEqual(['application/json', 'yes', '{"resting":true}'])
    const grpc = await send(port, '/json/', { method: 'POST', headers: { 'content-type': 'application/grpc' } })
    expect([grpc.status, grpc.headers['grpc-status'], grpc.body]).toEqual([200, '14', ''])
  })

  it('is the content of a file', async () => {
    await open('file')
    await until('it is open', async () => (await get('/file/')).headers['content-type'] === 'text/html; charset=utf-8')
    const reply = await get('/file/')
    expect([reply.status, reply.body]).toEqual([503, files['rest.html']])
  })

  it('is another service', async () => {
    await open('elsewhere')
    await until('the other one answers', async () => (await get('/elsewhere/x')).status === 200)
    expect(JSON.parse((await get('/elsewhere/x')).body)).toMatchObject({ instance: 'other', url: '/elsewhere/x' })
  })
})

describe('what opens it', () => {
  it('is the share of failures, once there are enough attempts', async () => {
    for (let index = 0; index < 6; index++) expect((await get('/rate/')).status).toBe(200)
    echo.status = 503
    const before = hits('rate')
    await many('/rate/', 1)
    await until('it is open', async () => isRefused(await get('/rate/')))
    // Six good ones, so six bad ones are half; a request has up to three attempts.
    expect(hits('rate') - before).toBeGreaterThanOrEqual(6)
    expect(hits('rate') - before).toBeLessThanOrEqual(8)
  })

  it('are only failures within the time', async () => {
    for (let index = 0; index < 4; index++) {
      echo.status = 404
      await get('/window/')
      echo.status = 500
      const reply = await send(port, '/window/', { method: 'POST' }) // not tried again: one failure
      expect(isRefused(reply)).toBe(false)
      await new Promise((resolve) => setTimeout(resolve, 250))
    }
    for (let index = 0; index < 3; index++) await send(port, '/window/', { method: 'POST' })
    expect(isRefused(await get('/window/'))).toBe(true)
  })
})

describe('an open circuit', () => {
  it('stays open when the configuration changes, and over a reload', async () => {
    await open('kept')
    await until('it is open', async () => isRefused(await get('/kept/')))
    echo.status = 200
    const before = hits('kept')
    await nginx.put((await compileText(yaml('301ms'), files)).state)
    expect((await many('/kept/', 10)).filter(isRefused).length).toBe(10)
    const old = await nginx.workers()
    nginx.process.kill('SIGHUP')
    await until('new workers serve', async () => {
      const now = await nginx.workers()
      return now.length === 2 && now.every((pid) => !old.includes(pid))
    })
    expect((await many('/kept/', 10)).filter(isRefused).length).toBe(10)
    expect(hits('kept')).toBe(before)
    expect(nginx.output()).not.toMatch(/\[error\].*lua|traceback|\[crit\]/)
  })
})
