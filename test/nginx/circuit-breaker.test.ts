import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { Agent, type ClientRequest, request } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
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
  shut: {${endpoints}, ${quick('halfOpen: {probes: 3}', '100s')}}
  plain: {${endpoints}, ${quick('halfOpen: {probes: 3}', openFor)}}
  most: {${endpoints}, ${quick('halfOpen: {probes: 4, successes: 3}')}}
  json: {${endpoints}, ${quick('fallback: {respond: {status: 200, json: {resting: true}, headers: {x-fallback: "yes"}}}', '100s')}}
  file: {${endpoints}, ${quick('fallback: {respond: {status: 503, file: rest.html}}', '100s')}}
  elsewhere: {${endpoints}, ${quick('fallback: {service: spare}', '100s')}}
  spare: {endpoints: ["127.0.0.1:${other.port}"]}
  rate: {${endpoints}, circuitBreaker: {openWhen: {errorRate: 50%, within: 10s, minRequests: 10}, openFor: 100s}}
  window: {${endpoints}, circuitBreaker: {openWhen: {failures: 3, within: 200ms}, openFor: 100s}}
  kept: {${endpoints}, ${quick('halfOpen: {probes: 3}', '100s')}}
  gone: {${endpoints}, ${quick('halfOpen: {probes: 1}')}}
defaults: {route: {retry: {attempts: 3, when: [5xx]}}}
routes:
${['shut', 'plain', 'most', 'json', 'file', 'elsewhere', 'rate', 'window', 'kept', 'gone'].map((name) => `  ${name}: {match: {path: /${name}/*}, to: ${name}}`).join('\n')}
`
  nginx = await startNginx(await compileText(yaml(), files))
})
afterAll(async () => {
  agent.destroy()
  await nginx.stop()
})
beforeEach(() => {
  echo.status = 200
})

/** On one connection nginx counts how a request ended before it looks at the next; else it may do so after the client has its answer. */
const agent = new Agent({ keepAlive: true, maxSockets: 1 })
const inTurn = (path: string, method = 'GET'): Promise<Reply> => send(port, path, { agent, method })
const get = (path: string): Promise<Reply> => send(port, path)
const many = (path: string, times: number): Promise<Reply[]> => Promise.all(Array.from({ length: times }, () => get(path)))
const hits = (name: string): number => echo.seen.filter(({ url }) => url.startsWith(`/${name}/`)).length
const isRefused = ({ status, body }: Reply): boolean => status === 503 && body.includes('SERVICE_OVERLOADED')

/** Lets the service fail until its circuit is open. */
async function open(name: string): Promise<void> {
  echo.status = 500
  for (let index = 0; index < 5 && !isRefused(await inTurn(`/${name}/`)); index++);
}

/** Lets the service answer nothing until what is returned is called. */
function hold(): () => void {
  const { promise, resolve } = Promise.withResolvers<void>()
  echo.held = () => promise
  return () => {
    echo.held = () => undefined
    resolve()
  }
}

describe('the circuit of a service', () => {
  it('opens after so many failed attempts, and lets nothing through', async () => {
    await open('shut')
    const before = hits('shut')
    const refused = await many('/shut/', 30)
    expect(refused.filter(isRefused).length).toBe(30)
    expect(hits('shut')).toBe(before)
    expect(Number(refused[0]?.headers['retry-after'])).toBeGreaterThan(90)
  })

  it('lets exactly its probes through, over both workers and many connections, round after round, each tried once', async () => {
    await open('plain')
    for (let round = 0; round < 4; round++) {
      await until('the circuit is open again', async () => isRefused(await inTurn('/plain/')))
      const [before, release] = [hits('plain'), hold()]
      let refused = 0
      const asked: Promise<void>[] = []
      const ask = (times: number): void => {
        for (let n = 0; n < times; n++) asked.push(get('/plain/').then((reply) => void (refused += isRefused(reply) ? 1 : 0)))
      }
      await until('a probe was sent', () => {
        ask(8)
        return hits('plain') > before
      })
      // While the probes are out more ask for a place.
      ask(24)
      await until('all others are refused', () => refused >= asked.length - 3)
      expect([hits('plain') - before, asked.length - refused]).toEqual([3, 3])
      release()
      await Promise.all(asked)
    }
  })

  it('closes after good probes, and counts anew from there', async () => {
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
    const [before, release] = [hits('gone'), hold()]
    const clients: ClientRequest[] = []
    const ask = (): void => {
      const sent = request({ host: '127.0.0.1', port, path: '/gone/', agent: false }, (reply) => reply.resume())
      clients.push(sent.on('error', () => {}))
      sent.end()
    }
    await until('the probe is under way', () => {
      ask()
      return hits('gone') > before
    })
    for (const sent of clients) sent.destroy()
    await until('there is another one, though the first was never answered', () => {
      ask()
      return hits('gone') > before + 1
    })
    release()
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
    for (let index = 0; index < 6; index++) expect((await inTurn('/rate/')).status).toBe(200)
    echo.status = 503
    const before = hits('rate')
    await inTurn('/rate/')
    await until('it is open', async () => isRefused(await inTurn('/rate/')))
    // Six good ones, so six bad ones are half; a request has up to three attempts.
    expect(hits('rate') - before).toBeGreaterThanOrEqual(6)
    expect(hits('rate') - before).toBeLessThanOrEqual(8)
  })

  it('are only failures within the time', async () => {
    for (let index = 0; index < 4; index++) {
      echo.status = 404
      await inTurn('/window/')
      echo.status = 500
      const reply = await inTurn('/window/', 'POST') // not tried again: one failure
      expect(isRefused(reply)).toBe(false)
      await delay(300)
    }
    await until('three came within the time', async () => {
      for (let index = 0; index < 3; index++) await inTurn('/window/', 'POST')
      return isRefused(await inTurn('/window/'))
    })
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
