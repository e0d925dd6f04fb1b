import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { engineNames } from '../support/engines.ts'
import { errorCases, get, post, refusedUnread } from './error-cases.ts'
import { type Answer, type ErrorStand, type Format, formatNames, startErrorStand } from './error-stand.ts'

let stand: ErrorStand
beforeAll(async () => {
  stand = await startErrorStand()
})
afterAll(() => stand.stop())

/** Code, status and request id of a body. */
function read(format: Format, body: string): { code: unknown; status: unknown; id: unknown } {
  if (format === 'text') return { code: body.split(':')[0], status: undefined, id: undefined }
  const value = JSON.parse(body) as Record<string, unknown> & { errors?: { code: string; status: string; meta: { requestId: unknown } }[] }
  if (format === 'problem') return { code: String(value['type']).replace('urn:sluice:problem:', ''), status: value['status'], id: value['requestId'] }
  const [error] = value.errors ?? []
  return { code: error?.code.toLowerCase().replaceAll('_', '-'), status: Number(error?.status), id: error?.meta.requestId }
}

const types: Readonly<Record<Format, string>> = {
  json: 'application/json',
  problem: 'application/problem+json',
  text: 'text/plain; charset=utf-8',
}

describe.each(engineNames)('%s', (engine) => {
  describe.each(formatNames)('in %s', (format) => {
    it.each(Object.entries(errorCases))('answers %s', async (_, [bytes, status, code]) => {
      const answer = await stand.ask(engine, format, bytes)
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
      const answer = await stand.ask(engine, format, get('/written'))
      expect([answer.status, answer.body, answer.headers.get('content-type')]).toEqual([503, '{"own":true}', 'application/json'])
    })
  })

  it('passes on nothing of an endpoint that speaks no HTTP', async () => {
    const answer = await stand.ask(engine, 'json', get('/garbled'))
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
    const answer = await stand.ask(engine, 'json', post(path, 'abcde', 'content-type: application/grpc', 'te: trailers', 'content-length: 5'))
    expect([answer.status, answer.headers.get('content-type'), answer.headers.get('grpc-status'), answer.body]).toEqual([
      200,
      'application/grpc',
      String(code),
      '',
    ])
    expect(decodeURIComponent(answer.headers.get('grpc-message') ?? '')).toBe(message)
  })
})

/** What both engines must say alike: everything but how long the connection is kept, and what differs from one request to the next. */
function comparable({ status, headers, body }: Answer): unknown {
  const changing = new Set(['connection', 'date', 'content-length'])
  const fields = [...headers].filter(([name]) => !changing.has(name)).sort()
  return {
    status,
    headers: fields,
    body: body.replace(/"requestId":(null|"[^"]*")/, '"requestId":"…"'),
    lengthFits: headers.get('content-length') === String(body.length),
  }
}

describe('both engines answer alike, header by header and byte by byte', () => {
  const alike = async (format: Format, bytes: string): Promise<void> => {
    const [envoy, nginx] = [await stand.ask('envoy', format, bytes), await stand.ask('nginx', format, bytes)]
    expect(comparable(nginx)).toEqual(comparable(envoy))
  }

  it.each(Object.entries(errorCases))('%s', async (_, [bytes]) => {
    for (const format of formatNames) await alike(format, bytes)
  })

  it.each(Object.entries(errorCases).filter(([name]) => !refusedUnread.has(name)))('to a gRPC caller: %s', async (_, [bytes]) => {
    await alike('json', bytes.replace('host: a.test\r\n', 'host: a.test\r\ncontent-type: application/grpc\r\nte: trailers\r\n'))
  })

  it('a service that takes no more', async () => {
    const answers = new Map<string, unknown>()
    for (const engine of engineNames) {
      const got = await stand.whileFull(engine, () =>
        Promise.all([
          ...formatNames.map((format) => stand.ask(engine, format, get('/one'))),
          stand.ask(engine, 'json', get('/one', 'content-type: application/grpc')),
        ]),
      )
      answers.set(engine, got.map(comparable))
      expect(got.map(({ status }) => status)).toEqual([429, 429, 429, 200])
      expect(got.map(({ headers }) => headers.get('retry-after'))).toEqual(['2', '2', '2', undefined])
      expect(got.at(-1)?.headers.get('grpc-status')).toBe('14')
    }
    expect(answers.get('nginx')).toEqual(answers.get('envoy'))
  })
})

it.each(formatNames)('nginx answers TRACE with 405 in %s, which it refuses by itself', async (format) => {
  const answer = await stand.ask('nginx', format, 'TRACE / HTTP/1.1\r\nhost: a.test\r\n\r\n')
  expect([answer.status, answer.headers.get('content-type')]).toEqual([405, types[format]])
  if (format !== 'text') expect(read(format, answer.body)).toMatchObject({ code: 'method-not-allowed', status: 405 })
})
