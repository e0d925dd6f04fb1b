import { connect as connectHttp2 } from 'node:http2'
import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Echo, startEcho } from '../support/echo.ts'
import { type EngineName, engineNames, type Engines, startEngines, tls } from '../support/engines.ts'
import { send } from '../support/http.ts'

let echo: Echo
let engines: Engines

beforeAll(async () => {
  echo = await startEcho()
  engines = await startEngines(
    (port, secure) => `
version: 1
listeners: {public: {port: ${port}, address: 127.0.0.1}, secure: {port: ${secure}, address: 127.0.0.1, tls: ${tls}}}
services: {echo: {endpoints: ["127.0.0.1:${echo.port}"]}}
routes:
  small: {match: {path: /small}, to: echo, bodyLimit: 1000B}
  large: {match: {path: /large}, to: echo, bodyLimit: 1MiB, retry: {attempts: 2, when: [gateway-error]}}
  free: {match: {path: /free}, to: echo}
`,
  )
})
afterAll(async () => {
  await engines.stop()
  await echo.close()
})

/** A body in chunks, so that its length is told nowhere. Gives the status line's number. */
function chunked(port: number, path: string, sizes: readonly number[]): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1')
    let text = ''
    socket.setEncoding('latin1').setTimeout(5_000, () => socket.destroy(new Error(`no answer to ${path}`)))
    socket.on('data', (data: string) => {
      text += data
      if (!text.includes('\r\n\r\n')) return
      resolve(Number(text.slice(9, 12)))
      socket.destroy()
    })
    socket.on('error', reject)
    socket.write(`POST ${path} HTTP/1.1\r\nhost: a.test\r\ntransfer-encoding: chunked\r\n\r\n`)
    for (const size of sizes) socket.write(`${size.toString(16)}\r\n${'x'.repeat(size)}\r\n`)
    socket.write('0\r\n\r\n')
  })
}

describe.each(engineNames)('%s', (engine: EngineName) => {
  const port = (): number => engines.ports[engine]

  it.each([
    ['/small', 1000, 200],
    ['/small', 1001, 413],
    ['/large', 2 ** 20, 200],
    ['/large', 2 ** 20 + 1, 413],
    ['/free', 2 ** 21, 200],
  ])('answers %s with a length of %i by %i', async (path, size, status) => {
    echo.seen.length = 0
    const reply = await send(port(), path, { method: 'POST', body: 'x'.repeat(size) })
    expect(reply.status).toBe(status)
    expect(echo.seen.map(({ body }) => body.length)).toEqual(status === 200 ? [size] : [])
    if (status === 413) expect(JSON.parse(reply.body)).toMatchObject({ type: 'urn:sluice:problem:content-too-large', status: 413 })
  })

  it.each([
    ['/small', [500, 500], 200],
    ['/small', [500, 501], 413],
    ['/small', Array.from({ length: 40 }, () => 8192), 413],
    ['/large', [2 ** 19, 2 ** 19], 200],
    ['/large', [2 ** 19, 2 ** 19, 1], 413],
    ['/free', [2 ** 20, 2 ** 20, 1], 200],
  ])('answers chunks on %s %j by %i', async (path, sizes, status) => {
    echo.seen.length = 0
    expect(await chunked(port(), path, sizes)).toBe(status)
    expect(echo.seen.map(({ body }) => body.length)).toEqual(status === 200 ? [sizes.reduce((sum, size) => sum + size, 0)] : [])
  })

  it('has an answer for a request without a body', async () => {
    expect((await send(port(), '/small')).status).toBe(200)
  })
})

describe.each(engineNames)('HTTP/2 on %s', (engine) => {
  it.each([
    [1000, true, 200],
    [1001, true, 413],
    [1000, false, 200],
    [1001, false, 413],
    [100_000, false, 413],
  ])('counts %i bytes (with a length: %s)', async (size, told, status) => {
    const session = connectHttp2(`https://127.0.0.1:${engines.securePorts[engine]}`, { rejectUnauthorized: false, servername: 'shop.example.com' })
    try {
      const stream = session.request({ ':method': 'POST', ':path': '/small', ...(told ? { 'content-length': size } : {}) })
      stream.end('x'.repeat(size))
      const got = await new Promise<number>((resolve, reject) => {
        stream.on('response', (headers) => resolve(Number(headers[':status'])))
        stream.on('error', reject)
        session.on('error', reject)
      })
      expect(got).toBe(status)
    } finally {
      session.destroy()
    }
  })
})
