import { connect, createServer, type AddressInfo, type Server } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Echo, startEcho } from '../support/echo.ts'
import { type EngineName, engineNames, type Engines, startEngines } from '../support/engines.ts'
import { freePort } from '../support/free-port.ts'

const formats = ['json', 'problem-json', 'text'] as const
type Format = (typeof formats)[number]

let echo: Echo
let garbled: Server
const engines = new Map<Format, Engines>()

beforeAll(async () => {
  echo = await startEcho()
  echo.delayMs = 300
  garbled = createServer((socket) => void socket.on('error', () => undefined).once('data', () => socket.end('this is no HTTP\r\n\r\n')))
  await new Promise<void>((resolve) => garbled.listen(0, '127.0.0.1', resolve))
  const dead = await freePort()
  const made = formats.map(async (format) => {
    const text = (port: number): string => `
version: 1
listeners: {public: {port: ${port}, address: 127.0.0.1, errorFormat: ${format}}}
services:
  slow: {endpoints: ["127.0.0.1:${echo.port}"]}
  dead: {endpoints: ["127.0.0.1:${dead}"]}
  nobody: {endpoints: []}
  garbled: {endpoints: ["127.0.0.1:${(garbled.address() as AddressInfo).port}"]}
routes:
  slow: {match: {path: /slow}, to: slow, timeouts: {request: 50ms}}
  dead: {match: {path: /dead}, to: dead}
  nobody: {match: {path: /nobody}, to: nobody}
  garbled: {match: {path: /garbled}, to: garbled}
  small: {match: {path: /small}, to: slow, bodyLimit: 4B}
  written: {match: {path: /written}, respond: {status: 503, json: {own: true}}}
  broken: {match: {path: /broken}, fault: {abort: {status: 500}}, to: slow}
`
    engines.set(format, await startEngines(text))
  })
  await Promise.all(made)
})
afterAll(async () => {
  await Promise.all([...engines.values()].map((one) => one.stop()))
  await echo.close()
  await new Promise((resolve) => garbled.close(resolve))
})

interface Answer {
  readonly status: number
  readonly headers: ReadonlyMap<string, string>
  readonly body: string
}

/** The answer to bytes on the wire, read until it is whole or the connection ends. */
function ask(engine: EngineName, format: Format, bytes: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const socket = connect(engines.get(format)?.ports[engine] ?? 0, '127.0.0.1')
    let text = ''
    const whole = (): boolean => {
      const end = text.indexOf('\r\n\r\n')
      return end !== -1 && text.length >= end + 4 + Number(/\r\ncontent-length: (\d+)/i.exec(text.slice(0, end))?.[1] ?? Infinity)
    }
    const done = (): void => {
      socket.destroy()
      const [head = '', ...rest] = text.split('\r\n\r\n')
      const headers = head
        .split('\r\n')
        .slice(1)
        .map((line): [string, string] => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()])
      resolve({ status: Number(head.slice(9, 12)), headers: new Map(headers), body: rest.join('\r\n\r\n') })
    }
    socket.setEncoding('utf8').setTimeout(5_000, () => reject(new Error(`no answer to ${JSON.stringify(bytes.slice(0, 200))}: ${text}`)))
    socket.on('data', (data: string) => {
      text += data
      if (whole()) done()
    })
    socket.on('close', done)
    socket.on('error', reject)
    socket.write(bytes, 'latin1')
  })
}

const get = (path: string, ...lines: string[]): string => ['GET', path].join(' ') + [' HTTP/1.1', 'host: a.test', ...lines, '', ''].join('\r\n')
const post = (path: string, body: string, ...lines: string[]): string =>
  `POST ${path} HTTP/1.1\r\nhost: a.test\r\n${lines.map((line) => `${line}\r\n`).join('')}\r\n${body}`

/** What is sent, and the code and status of the answer. */
const cases: Readonly<Record<string, readonly [bytes: string, status: number, code: string]>> = {
  'a path that no route takes': [get('/nothing'), 404, 'route-not-found'],
  'an escaped slash': [get('/a%2fb'), 400, 'bad-request'],
  'a dot segment with a parameter': [get('/a/%2e%2e;/b'), 400, 'bad-request'],
  'a fragment': [get('/a#b'), 400, 'bad-request'],
  'an invalid escape': [get('/a%zz'), 400, 'bad-request'],
  'two hosts': ['GET / HTTP/1.1\r\nhost: a.test,b.test\r\n\r\n', 400, 'bad-request'],
  'no host': ['GET / HTTP/1.1\r\n\r\n', 400, 'bad-request'],
  'an underscore in a name': [get('/slow', 'x_a: 1'), 400, 'bad-request'],
  'a zero byte in a value': [get('/slow', 'x-a: a\0b'), 400, 'bad-request'],
  'a space before the colon': [get('/slow', 'x-a : 1'), 400, 'bad-request'],
  'two lengths': [post('/slow', 'a', 'content-length: 1', 'content-length: 2'), 400, 'bad-request'],
  'a length and chunks': [post('/slow', '0\r\n\r\n', 'content-length: 5', 'transfer-encoding: chunked'), 400, 'bad-request'],
  'no request at all': ['nonsense\r\n\r\n', 400, 'bad-request'],
  'an unknown transfer coding': [post('/slow', '', 'transfer-encoding: rot13'), 501, 'not-implemented'],
  'HTTP/1.0': ['GET / HTTP/1.0\r\nhost: a.test\r\n\r\n', 426, 'upgrade-required'],
  'too many headers': [get('/slow', ...Array.from({ length: 120 }, (_, index) => `x-${index}: 1`)), 431, 'headers-too-large'],
  'a header that is too large': [get('/slow', `x-a: ${'a'.repeat(70_000)}`), 431, 'headers-too-large'],
  'a path that is too long': [get(`/${'a'.repeat(70_000)}`), 431, 'headers-too-large'],
  'a body that is too large': [post('/small', 'abcde', 'content-length: 5'), 413, 'content-too-large'],
  'chunks that are too large': [post('/small', '5\r\nabcde\r\n0\r\n\r\n', 'transfer-encoding: chunked'), 413, 'content-too-large'],
  'an endpoint that is away': [get('/dead'), 503, 'endpoint-unreachable'],
  'a service without endpoints': [get('/nobody'), 503, 'no-healthy-endpoint'],
  'an endpoint that is too slow': [get('/slow'), 504, 'service-timeout'],
  'an injected error': [get('/broken'), 500, 'internal-error'],
}

/** Code, status and request id of a body. */
function read(format: Format, body: string): { code: unknown; status: unknown; id: unknown } {
  if (format === 'text') return { code: body.split(':')[0], status: undefined, id: undefined }
  const value = JSON.parse(body) as Record<string, unknown> & { errors?: { code: string; status: string; meta: { requestId: unknown } }[] }
  if (format === 'problem-json')
    return { code: String(value['type']).replace('urn:sluice:problem:', ''), status: value['status'], id: value['requestId'] }
  const [error] = value.errors ?? []
  return { code: error?.code.toLowerCase().replaceAll('_', '-'), status: Number(error?.status), id: error?.meta.requestId }
}

const types: Readonly<Record<Format, string>> = {
  json: 'application/json',
  'problem-json': 'application/problem+json',
  text: 'text/plain; charset=utf-8',
}

describe.each(engineNames)('%s', (engine) => {
  describe.each(formats)('in %s', (format) => {
    it.each(Object.entries(cases))('answers %s', async (_, [bytes, status, code]) => {
      const answer = await ask(engine, format, bytes)
      const { code: told, status: inBody } = format === 'text' ? { code, status } : read(format, answer.body)
      expect({ status: answer.status, type: answer.headers.get('content-type'), code: told, inBody }).toEqual({
        status,
        type: types[format],
        code,
        inBody: status,
      })
      expect(answer.headers.get('server')).toBe('sluice')
      expect(answer.body).not.toMatch(/nginx|envoy|upstream|reset reason|127\.0\.0\.1/i)
      if (format === 'text') expect(answer.body).toMatch(/^[A-Z][A-Za-z ]+: .+\.\n$/)
    })

    it('leaves answers that the user wrote as they are', async () => {
      const answer = await ask(engine, format, get('/written'))
      expect([answer.status, answer.body, answer.headers.get('content-type')]).toEqual([503, '{"own":true}', 'application/json'])
    })
  })

  it('passes on nothing of an endpoint that speaks no HTTP', async () => {
    const answer = await ask(engine, 'json', get('/garbled'))
    expect(answer.status).toBe(engine === 'envoy' ? 502 : 0)
    expect(answer.body).not.toContain('no HTTP')
    if (engine === 'envoy') expect(read('json', answer.body).code).toBe('bad-gateway')
  })

  it.each([
    ['a path that no route takes', '/nothing', 12, 'Not Found'],
    ['an escaped slash', '/a%2fb', 13, 'Bad Request'],
    ['an endpoint that is away', '/dead', 14, 'Service Unavailable'],
    ['a service without endpoints', '/nobody', 14, 'Service Unavailable'],
    ['an endpoint that is too slow', '/slow', 14, 'Gateway Timeout'],
    ['a body that is too large', '/small', 2, 'Content Too Large'],
  ])('answers a gRPC caller about %s with a status and no body', async (_, path, code, message) => {
    const answer = await ask(engine, 'json', post(path, 'abcde', 'content-type: application/grpc', 'te: trailers', 'content-length: 5'))
    expect([answer.status, answer.headers.get('content-type'), answer.headers.get('grpc-status'), answer.body]).toEqual([
      200,
      'application/grpc',
      String(code),
      '',
    ])
    expect(decodeURIComponent(answer.headers.get('grpc-message') ?? '')).toBe(message)
  })
})
