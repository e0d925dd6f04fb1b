import { Code, ConnectError, type ConnectRouter, createClient } from '@connectrpc/connect'
import { connectNodeAdapter, createGrpcTransport } from '@connectrpc/connect-node'
import { createServer, type Http2Server } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { LoadReportingService } from '#gen/envoy/service/load_stats/v3/lrs_pb.js'
import { AggregatedDiscoveryService } from '#gen/envoy/service/discovery/v3/ads_pb.js'
import { RuntimeDiscoveryService } from '#gen/envoy/service/runtime/v3/rtds_pb.js'
import { freePort } from '../support/free-port.ts'
import { until } from '../support/until.ts'
import { certificates } from '../xds/certificates.ts'
import { engineNames } from '../support/engines.ts'
import { type Running, startEngine } from './engines.ts'
import { refusalOf } from './refusal.ts'

/** What the service was told: deadlines as it saw them, and calls that the caller gave up. */
const seen = { timeouts: [] as (number | undefined)[], cancelled: 0, headers: [] as Headers[] }
let service: Http2Server
/** Takes every call and never says a word; counts calls that the other side gave up. */
let deaf: Http2Server
const given = { up: 0 }

/** Two services that Envoy's API happens to have: a unary call, and a stream in both directions. */
function routes(router: ConnectRouter): void {
  router.service(RuntimeDiscoveryService, {
    async fetchRuntime(request, context) {
      seen.headers.push(context.requestHeader)
      seen.timeouts.push(context.timeoutMs())
      context.responseHeader.set('x-leading', 'l')
      context.responseTrailer.set('x-trailing', 't')
      if (request.typeUrl === 'fail') throw new ConnectError('not äöü today', Code.ResourceExhausted, { 'x-why': 'quota' })
      if (request.typeUrl === 'hang') await aborted(context.signal)
      return { versionInfo: request.versionInfo }
    },
  })
  router.service(AggregatedDiscoveryService, {
    async *streamAggregatedResources(requests, context) {
      context.responseTrailer.set('x-trailing', 'stream')
      let count = 0
      for await (const request of requests) {
        if (request.typeUrl === 'hang') await aborted(context.signal)
        count++
        yield { versionInfo: request.versionInfo, nonce: String(count) }
      }
      yield { versionInfo: 'after the client was done', nonce: String(count) }
    },
  })
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => {
      seen.cancelled++
      reject(new ConnectError('given up', Code.Canceled))
    })
  })
}

beforeAll(async () => {
  service = createServer(connectNodeAdapter({ routes }))
  await new Promise<void>((resolve) => service.listen(0, '127.0.0.1', resolve))
  deaf = createServer().on('stream', (stream) =>
    stream
      .resume()
      .on('error', () => {})
      .on('aborted', () => given.up++),
  )
  await new Promise<void>((resolve) => deaf.listen(0, '127.0.0.1', resolve))
})
afterAll(() => {
  service.close()
  deaf.close()
})

describe.each(engineNames)('gRPC through %s', (engine) => {
  let gateway: Running
  let plain: number
  const transport = () => createGrpcTransport({ baseUrl: `https://127.0.0.1:${gateway.port('secure')}`, nodeOptions: { rejectUnauthorized: false } })
  const unary = () => createClient(RuntimeDiscoveryService, transport())
  const stream = () => createClient(AggregatedDiscoveryService, transport())

  beforeAll(async () => {
    const { server } = await certificates()
    plain = (service.address() as AddressInfo).port
    const text = `
version: 1
name: grpc
listeners: {secure: {port: "\${SECURE}", tls: {certificates: [{cert: own.pem, key: "secret://file/own.key"}]}}}
services:
  runtime: {endpoints: ["127.0.0.1:${plain}"], protocol: grpc}
  deaf: {endpoints: ["127.0.0.1:${(deaf.address() as AddressInfo).port}"], protocol: grpc}
  dead: {endpoints: ["127.0.0.1:${await freePort()}"], protocol: grpc}
routes:
  unary: {match: {path: /envoy.service.runtime.v3.RuntimeDiscoveryService/*}, to: runtime}
  stream: {match: {path: /envoy.service.discovery.v3.AggregatedDiscoveryService/StreamAggregatedResources}, to: runtime}
  deaf: {match: {path: /envoy.service.load_stats.v3.LoadReportingService/*}, to: deaf}
  dead: {match: {path: /envoy.service.discovery.v3.AggregatedDiscoveryService/DeltaAggregatedResources}, to: dead}
`
    gateway = await startEngine(engine, text, ['secure'], { 'own.pem': server.cert, 'own.key': server.key })
  })
  afterAll(() => gateway.stop())

  it('answers a call with its metadata before and after the message', async () => {
    const got: Record<string, string | null> = {}
    const reply = await unary().fetchRuntime(
      { versionInfo: '7' },
      {
        headers: { 'x-caller': 'c', 'x-data-bin': 'AAEC' },
        onHeader: (headers) => (got['leading'] = headers.get('x-leading')),
        onTrailer: (trailers) => (got['trailing'] = trailers.get('x-trailing')),
      },
    )
    expect(reply.versionInfo).toBe('7')
    expect(got).toEqual({ leading: 'l', trailing: 't' })
    expect(seen.headers.at(-1)?.get('x-caller')).toBe('c')
    expect(seen.headers.at(-1)?.get('x-data-bin')).toBe('AAEC')
  })

  it('takes messages of a megabyte in both directions', async () => {
    const versionInfo = 'x'.repeat(1_000_000)
    expect((await unary().fetchRuntime({ versionInfo })).versionInfo.length).toBe(1_000_000)
  })

  it('passes the status, the message and the details of a refusal', async () => {
    const error = await refusalOf(unary().fetchRuntime({ typeUrl: 'fail' }))
    expect(error?.code).toBe(Code.ResourceExhausted)
    expect(error?.rawMessage).toBe('not äöü today')
    expect(error?.metadata.get('x-why')).toBe('quota')
  })

  it('passes each message of a stream when it comes, and the end of the client before that of the service', async () => {
    const answered = [0]
    async function* asked() {
      for (let index = 1; index <= 5; index++) {
        // The next question waits for the last answer: a gateway that holds messages back would stop here.
        await until('the answer', () => Promise.resolve(answered.length === index))
        yield { versionInfo: `v${index}` }
      }
    }
    const got: string[] = []
    let trailing: string | null = null
    for await (const reply of stream().streamAggregatedResources(asked(), { onTrailer: (trailers) => (trailing = trailers.get('x-trailing')) })) {
      got.push(`${reply.nonce} ${reply.versionInfo}`)
      answered.push(answered.length)
    }
    expect(got).toEqual(['1 v1', '2 v2', '3 v3', '4 v4', '5 v5', '5 after the client was done'])
    expect(trailing).toBe('stream')
  })

  it('tells the service the deadline, and keeps it when the service does not', async () => {
    const calls = seen.timeouts.length
    // One that did not get through within its time says nothing.
    await until('a call has arrived', async () => {
      expect((await refusalOf(unary().fetchRuntime({ typeUrl: 'hang' }, { timeoutMs: 400 })))?.code).toBe(Code.DeadlineExceeded)
      return seen.timeouts.length > calls
    })
    expect(seen.timeouts.at(-1)).toBeLessThanOrEqual(400)
    expect(seen.timeouts.at(-1)).toBeGreaterThan(0)
  })

  it('ends a call at its deadline by itself: a service that ignores it holds no caller', async () => {
    const before = given.up
    // The deadline is only a header here, so that the client does not end the call before the gateway does.
    await until('the service was told', async () => {
      const call = createClient(LoadReportingService, transport()).streamLoadStats(none(), { headers: { 'grpc-timeout': '400m' } })
      expect((await refusalOf(first(call)))?.code).toBe(Code.DeadlineExceeded)
      return given.up > before
    })
  })

  it('tells the service when the caller gives up', async () => {
    const before = seen.cancelled
    const calls = seen.timeouts.length
    const abort = new AbortController()
    const call = refusalOf(unary().fetchRuntime({ typeUrl: 'hang' }, { signal: abort.signal }))
    await until('the call has arrived', () => Promise.resolve(seen.timeouts.length > calls))
    abort.abort()
    expect((await call)?.code).toBe(Code.Canceled)
    await until('the service was told', () => Promise.resolve(seen.cancelled > before))
  })

  it('answers in gRPC’s words when the service is not there, or no route is', async () => {
    const dead = stream().deltaAggregatedResources(none())
    const error = await refusalOf(first(dead))
    expect(error?.code).toBe(Code.Unavailable)
    const unrouted = createClient(RuntimeDiscoveryService, transport())
    const missing = await refusalOf(first(unrouted.streamRuntime(none())))
    expect(missing?.code).toBe(Code.Unimplemented)
  })
})

async function* none(): AsyncGenerator<never> {}

async function first(messages: AsyncIterable<unknown>): Promise<unknown> {
  for await (const message of messages) return message
  return undefined
}
