import { connect } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { engineNames, type Engines, startEngines, tls } from '../support/engines.ts'
import { until } from '../support/until.ts'
import { H2Wire } from '../support/h2-wire.ts'
import { attacks } from './attacks.ts'
import { h2Attacks } from './h2-attacks.ts'
import { type Recorder, startRecorder } from './recorder.ts'

let recorder: Recorder
let engines: Engines
beforeAll(async () => {
  recorder = await startRecorder()
  engines = await startEngines(
    (port, secure) => `
version: 1
listeners: {public: {port: ${port}, address: 127.0.0.1}, secure: {port: ${secure}, address: 127.0.0.1, tls: ${tls}}}
services: {app: {endpoints: ["127.0.0.1:${recorder.port}"]}}
routes: {all: {match: {path: /*}, to: app, retry: none}}
`,
  )
})
afterAll(async () => {
  await engines.stop()
  recorder.stop()
})
beforeEach(() => {
  recorder.requests.length = 0
  recorder.errors.length = 0
})

/** A while without a word, after there were some, is the end. */
const patienceMs = 250

/** Sends bytes and closes; what came back once the gateway has said all it has to say, which `whole` may tell. */
async function exchange(port: number, bytes: string, whole: (text: string) => boolean = () => true): Promise<string> {
  const late = Date.now() + 60_000
  return new Promise((resolve) => {
    let text = ''
    const socket = connect(port, '127.0.0.1')
    const end = (): void => {
      socket.destroy()
      resolve(text)
    }
    socket.setEncoding('latin1').on('error', end).on('close', end)
    socket.on('data', (chunk: string) => {
      text += chunk
      socket.setTimeout(patienceMs)
    })
    socket.on('timeout', () => {
      if (whole(text) || Date.now() > late) end()
      else socket.setTimeout(patienceMs)
    })
    socket.setTimeout(4 * patienceMs)
    socket.write(bytes, 'latin1')
  })
}

const statuses = (text: string): number[] =>
  [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status)).filter((status) => status !== 100)

describe.each(engineNames)('%s', (engine) => {
  it.each(attacks)('hides nothing from the service: $name', async ({ bytes, requests = 1 }) => {
    const count = (text: string): number => statuses(text).filter((status) => status === 200).length
    const text = await exchange(engines.ports[engine], bytes, (said) => recorder.requests.length === count(said))
    const [answers, good] = [statuses(text), count(text)]
    expect(recorder.errors).toEqual([])
    // The service saw what was answered, no more and no less.
    expect(recorder.requests.length).toBe(good)
    expect(good).toBeLessThanOrEqual(requests)
    expect(answers.length).toBeLessThanOrEqual(requests + 1)
    if (requests === 1) expect(recorder.requests.filter(({ line }) => line.includes('smuggled'))).toEqual([])
    expect(
      recorder.requests.flatMap(({ headers }) => headers).filter(([name]) => ['x-auth-id', 'upgrade', 'http2-settings', 'trailer'].includes(name)),
    ).toEqual([])
  })

  it.each(h2Attacks)('hides nothing from the service over HTTP/2: $name', async ({ frames, malformed }) => {
    const wire = await H2Wire.open(engines.securePorts[engine])
    await wire.write(frames)
    // What is taken is answered, and what is not ends the connection or the stream; some is not said at all.
    for (let tries = 0; tries < 25 && !wire.over && !wire.heard; tries++) await delay(10)
    if (!malformed) await until('it is answered', () => wire.over || wire.heard)
    await delay(20)
    wire.socket.destroy()
    expect(recorder.errors).toEqual([])
    expect(recorder.requests.length).toBeLessThanOrEqual(malformed ? 0 : 1)
    const names = recorder.requests.flatMap(({ headers }) => headers.map(([name]) => name))
    expect(names.filter((name) => ['x-auth-id', 'content_length', 'upgrade', 'te', 'trailer'].includes(name))).toEqual([])
    expect(recorder.requests.map(({ line }) => line.split(' ')[1]).filter((path) => path !== '/x')).toEqual([])
  })

  it('answers requests that come at once in their order, each from the service', async () => {
    const bytes = Array.from({ length: 20 }, (_, index) =>
      index % 2 === 0
        ? `GET /${index} HTTP/1.1\r\nhost: a.test\r\n\r\n`
        : `POST /${index} HTTP/1.1\r\nhost: a.test\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n`,
    ).join('')
    expect(statuses(await exchange(engines.ports[engine], bytes, (said) => statuses(said).length === 20))).toEqual(Array(20).fill(200))
    expect(recorder.requests.map(({ line }) => line.split(' ')[1])).toEqual(Array.from({ length: 20 }, (_, index) => `/${index}`))
    expect(recorder.errors).toEqual([])
  })

  it('reads nothing behind a request that it refuses', async () => {
    const refused = 'GET /a%2fb HTTP/1.1\r\nhost: a.test\r\nx-y : 1\r\n\r\n'
    const text = await exchange(engines.ports[engine], `${refused}GET /behind HTTP/1.1\r\nhost: a.test\r\n\r\n`, (said) => said !== '')
    expect(statuses(text)).toEqual([400])
    expect(text.toLowerCase()).toContain('connection: close')
    expect(recorder.requests).toEqual([])
  })

  it('hands a connection to the service on as it was: a body that stops half way reaches nobody as a whole', async () => {
    await exchange(
      engines.ports[engine],
      'POST /half HTTP/1.1\r\nhost: a.test\r\ncontent-length: 100\r\n\r\nGET /smuggled HTTP/1.1\r\nhost: a.test\r\n\r\n',
    )
    await exchange(engines.ports[engine], 'GET /next HTTP/1.1\r\nhost: a.test\r\n\r\n')
    await until('the next one is there', () => recorder.requests.length > 0)
    expect(recorder.requests.map(({ line }) => line)).toEqual(['GET /next HTTP/1.1'])
  })
})
