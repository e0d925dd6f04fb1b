import { createServer, type Server, type ServerResponse } from 'node:http'
import { request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { until } from '../support/until.ts'
import { engineNames } from '../support/engines.ts'
import { type Running, startEngine } from './engines.ts'

let service: Server
/** Answers that the service has begun, oldest first. */
const opened: ServerResponse[] = []
let gone = 0

beforeAll(async () => {
  service = createServer((_request, response) => {
    opened.push(response)
    response.on('close', () => gone++).writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' })
    response.flushHeaders()
  })
  await new Promise<void>((resolve) => service.listen(0, '127.0.0.1', resolve))
})
afterAll(() => {
  service.closeAllConnections()
  service.close()
})

describe.each(engineNames)('server-sent events through %s', (engine) => {
  let gateway: Running
  beforeAll(async () => {
    const text = `
version: 1
name: events
listeners: {public: {port: "\${PUBLIC}"}}
services: {feed: {endpoints: ["127.0.0.1:${(service.address() as AddressInfo).port}"]}}
routes:
  feed: {match: {path: /feed}, to: feed, timeouts: {request: 0s, idle: 1h}}
`
    gateway = await startEngine(engine, text, ['public'])
  })
  afterAll(() => gateway.stop())

  it('pass one by one when they are sent, and end when either side does', async () => {
    const got: string[] = []
    const before = opened.length
    const call = request({ port: gateway.port('public'), path: '/feed', headers: { accept: 'text/event-stream' } }).end()
    let ended = false
    call.on('response', (response) => {
      got.push(`head ${response.statusCode}`)
      response
        .setEncoding('utf8')
        .on('data', (text: string) => got.push(text))
        .on('end', () => (ended = true))
    })
    await until('the head, before any event', () => Promise.resolve(got.length === 1))
    for (const event of ['one', 'two', 'three']) {
      opened[before]?.write(`data: ${event}\n\n`)
      // The next event is not sent before this one was seen: what is held back would never come.
      await until(event, () => Promise.resolve(got.at(-1) === `data: ${event}\n\n`))
    }
    opened[before]?.end()
    await until('the end', () => Promise.resolve(ended))
    expect(got).toEqual(['head 200', 'data: one\n\n', 'data: two\n\n', 'data: three\n\n'])
  })

  it('tell the service when the client has gone', async () => {
    const [asked, before] = [opened.length, gone]
    const call = request({ port: gateway.port('public'), path: '/feed' })
      .on('error', () => {})
      .end()
    await until('the service was asked', () => Promise.resolve(opened.length > asked))
    call.destroy()
    await until('the service was told', () => Promise.resolve(gone > before))
  })
})
