import { randomBytes } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import { constants, deflateRawSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { send } from '../support/http.ts'
import { until } from '../support/until.ts'
import { engineNames } from '../support/engines.ts'
import { type Running, startEngine } from './engines.ts'
import { type EchoSockets, echoSockets, frame, RawSocket } from './websocket-wire.ts'

let echo: EchoSockets
beforeAll(async () => {
  echo = echoSockets()
  await new Promise<void>((resolve) => echo.server.listen(0, '127.0.0.1', resolve))
})
afterAll(() => {
  echo.server.closeAllConnections()
  echo.server.close()
})

describe.each(engineNames)('a WebSocket through %s', (engine) => {
  let gateway: Running
  const open = (path: string, headers?: Record<string, string>, early?: Buffer) => RawSocket.open(gateway.port('public'), path, headers, early)

  beforeAll(async () => {
    const text = `
version: 1
name: websocket
listeners: {public: {port: "\${PUBLIC}"}}
services: {chat: {endpoints: ["127.0.0.1:${(echo.server.address() as AddressInfo).port}"]}}
routes:
  any: {match: {path: /any/*}, rewrite: {prefix: /}, to: chat, websocket: true}
  ours: {match: {path: /ours}, to: chat, websocket: {origins: ["https://shop.example.com"]}}
  idle: {match: {path: /idle}, to: chat, websocket: true, timeouts: {request: 50ms, idle: 3s}}
  none: {match: {path: /none}, to: chat}
`
    gateway = await startEngine(engine, text, ['public'])
  })
  afterAll(() => gateway.stop())

  it('begins with 101, and the handshake reaches the service as it was sent', async () => {
    const socket = open('/any/room', { 'Sec-WebSocket-Protocol': 'chat.v2', 'Sec-WebSocket-Extensions': 'permessage-deflate' })
    expect(await socket.status()).toBe(101)
    expect(await socket.head()).toMatch(/^upgrade: websocket\r?$/m)
    expect(await socket.head()).toMatch(/^connection: upgrade\r?$/m)
    expect(await socket.head()).toMatch(/^sec-websocket-accept: s3pplmbitxaq9kygzzhzrbk\+xoo=\r?$/m)
    expect(echo.seen.at(-1)).toMatchObject({
      upgrade: 'websocket',
      'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
      'sec-websocket-version': '13',
      'sec-websocket-protocol': 'chat.v2',
      'sec-websocket-extensions': 'permessage-deflate',
    })
    socket.socket.destroy()
  })

  it('passes frames of every kind and size, and fragments, byte by byte as they were sent', async () => {
    const frames = [
      frame(Buffer.from('hello'), 1),
      frame(Buffer.from('first '), 1, false),
      frame(Buffer.from('ping'), 9),
      frame(Buffer.from('rest'), 0),
      frame(randomBytes(125), 2),
      frame(randomBytes(126), 2),
      frame(randomBytes(65_535), 2),
      frame(randomBytes(300_000), 2),
      frame(Buffer.alloc(0), 2),
    ]
    const sent = Buffer.concat(frames)
    const socket = open('/any/frames')
    await socket.status()
    // In pieces that end within heads, masks and payloads.
    for (let at = 0; at < sent.length; at += 7_777) socket.socket.write(sent.subarray(at, at + 7_777))
    expect((await socket.bytes(sent.length)).equals(sent)).toBe(true)
    socket.socket.destroy()
  })

  it('passes 16 MB in one message, and in many fragments with pings between them, while as much comes back', async () => {
    const large = randomBytes(16 * 1024 * 1024)
    const fragments = Array.from({ length: 64 }, (_, index) => [
      frame(large.subarray(index * 4_096, (index + 1) * 4_096), index === 0 ? 2 : 0, index === 63),
      frame(Buffer.from(`ping ${index}`), 9),
    ])
    const sent = Buffer.concat([frame(large, 2), ...fragments.flat()])
    const socket = open('/any/large')
    await socket.status()
    socket.socket.write(sent)
    expect((await socket.bytes(sent.length)).equals(sent)).toBe(true)
    socket.socket.destroy()
  })

  it('judges no frames: deflated ones, reserved bits and opcodes, bad UTF-8 and every close code pass as they are', async () => {
    const codes = [0, 999, 1000, 1001, 1004, 1005, 1006, 1011, 1015, 2999, 3000, 4999, 5000, 65_535]
    const closes = codes.map((code) => frame(Buffer.concat([Buffer.from([code >> 8, code & 255]), Buffer.from('why')]), 8))
    const deflated = frame(deflateRawSync(Buffer.alloc(100_000, 'ab'), { finishFlush: constants.Z_SYNC_FLUSH }), 1)
    deflated[0] = 0xc1
    const odd = [0xf1, 0x93, 0x8f].map((first) => Buffer.concat([Buffer.from([first]), frame(Buffer.from('odd'), 1).subarray(1)]))
    const text = ['ff', 'c0af', 'eda080', 'f4908080', 'ce'].map((hex) => frame(Buffer.from(hex, 'hex'), 1))
    const unmasked = Buffer.from('8103616263', 'hex')
    const sent = Buffer.concat([deflated, ...odd, ...text, unmasked, ...closes])
    const socket = open('/any/odd', { 'Sec-WebSocket-Extensions': 'permessage-deflate; client_max_window_bits' })
    await socket.status()
    socket.socket.write(sent)
    expect((await socket.bytes(sent.length)).equals(sent)).toBe(true)
    expect(echo.seen.at(-1)?.['sec-websocket-extensions']).toBe('permessage-deflate; client_max_window_bits')
    socket.socket.destroy()
  })

  it('takes bytes that come together with the handshake', async () => {
    const early = frame(Buffer.from('early'), 1)
    const socket = open('/any/early', {}, early)
    expect(await socket.status()).toBe(101)
    expect((await socket.bytes(early.length)).equals(early)).toBe(true)
    socket.socket.destroy()
  })

  it('ends on both sides when either ends', async () => {
    const client = open('/any/a')
    await client.status()
    const upstream = echo.sockets.at(-1)
    client.socket.destroy()
    await until('the service sees the end', () => Promise.resolve(upstream?.destroyed === true || upstream?.readableEnded === true))
    const other = open('/any/b')
    await other.status()
    echo.sockets.at(-1)?.destroy()
    await until('the client sees the end', () => Promise.resolve(other.closed))
  })

  it('is opened only from pages that may', async () => {
    const status = async (origin?: string) => {
      const socket = open('/ours', origin === undefined ? {} : { Origin: origin })
      const got = await socket.status()
      socket.socket.destroy()
      return got
    }
    expect(await status('https://shop.example.com')).toBe(101)
    expect(await status('HTTPS://SHOP.example.com')).toBe(101)
    expect(await status()).toBe(101)
    for (const origin of [
      'https://evil.example.com',
      'http://shop.example.com',
      'https://shop.example.com:8443',
      'https://shopxexample.com',
      'null',
      'https://shop.example.com, https://evil.example.com',
    ]) {
      expect(await status(origin), origin).toBe(403)
    }
  })

  it('is refused on a route that says nothing of it, and other requests pass', async () => {
    const before = echo.sockets.length
    for (const upgrade of ['websocket', 'WebSocket']) {
      const socket = open('/none', { Upgrade: upgrade })
      expect(await socket.status(), upgrade).toBe(403)
      socket.socket.destroy()
    }
    expect(echo.sockets.length).toBe(before)
    expect((await send(gateway.port('public'), '/none')).body).toBe('no websocket')
    expect((await send(gateway.port('public'), '/any/x')).body).toBe('no websocket')
  })

  it('outlives the time of a request, and ends when nothing is said for the idle time', async () => {
    const socket = open('/idle')
    await socket.status()
    const word = frame(Buffer.from('still here'), 1)
    for (let round = 1; round <= 4; round++) {
      await new Promise((resolve) => setTimeout(resolve, 150))
      socket.socket.write(word)
      await socket.bytes(word.length * round)
    }
    expect(socket.closed).toBe(false)
    await until('nothing was said', () => Promise.resolve(socket.closed))
    socket.socket.destroy()
  })
})
