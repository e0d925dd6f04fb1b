import { Code } from '@connectrpc/connect'
import { once } from 'node:events'
import { connect as connectHttp2 } from 'node:http2'
import type { ClientHttp2Session, ClientHttp2Stream } from 'node:http2'
import { create, toBinary } from '@bufbuild/protobuf'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { DeltaDiscoveryRequestSchema } from '#gen/envoy/service/discovery/v3/discovery_pb.js'
import { Admission } from '../../src/xds/admission.ts'
import { encode } from '../../src/xds/encode.ts'
import type { XdsEvent } from '../../src/xds/events.ts'
import { defaultPace } from '../../src/xds/order.ts'
import { resourceTypes } from '../../src/xds/resource.ts'
import { maxNames } from '../../src/xds/subscription.ts'
import { createXds } from '../../src/xds/xds.ts'
import type { Xds } from '../../src/xds/xds.ts'
import { DeltaClient } from './client.ts'
import type { ClientOptions } from './client.ts'
import { FakeClock, Machine } from './machine.ts'
import { many, put, resource, service } from './samples.ts'

let xds: Xds
let port: number
let events: XdsEvent[]
const clients: DeltaClient[] = []

beforeEach(async () => {
  events = []
  xds = createXds({ pace: { gateMs: 100, chunkMs: 20 }, observe: (event) => events.push(event) })
  port = (await xds.listen({ host: '127.0.0.1', port: 0 })).port
})

afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()))
  await xds.close()
})

function client(options: ClientOptions = {}): DeltaClient {
  const made = new DeltaClient({ port }, options)
  clients.push(made)
  return made
}

/** A gRPC request by hand, so that it can be wrong and so that the answer can be left unread. */
function raw(session: ClientHttp2Session, ...bodies: readonly Uint8Array[]): ClientHttp2Stream {
  const stream = session.request({
    ':method': 'POST',
    ':path': '/envoy.service.discovery.v3.AggregatedDiscoveryService/DeltaAggregatedResources',
    'content-type': 'application/grpc+proto',
    te: 'trailers',
  })
  for (const body of bodies) {
    const head = Buffer.alloc(5)
    head.writeUInt32BE(body.length, 1)
    stream.write(Buffer.concat([head, body]))
  }
  return stream
}

const pushes = (id: string): number => events.filter((event) => event.kind === 'pushed' && event.proxy.id === id).length

test('a proxy that never answers gets one response of a type and delays nobody', async () => {
  const mute = client({ id: 'mute', ack: false })
  const good = client({ id: 'good' })
  for (const one of [mute, good]) one.subscribe('endpoints', ['a'])
  await good.until('the answer', () => good.of('endpoints').length === 1)
  for (let version = 1; version <= 200; version++) {
    xds.publish(put(resource('endpoints', 'a', String(version))))
    await good.until(`version ${version}`, () => good.held('endpoints')['a'] === String(version))
  }
  expect(mute.of('endpoints')).toHaveLength(1)
})

test('a proxy that does not read is not written to: nothing queues, nobody waits', async () => {
  const session = connectHttp2(`http://127.0.0.1:${port}`)
  const big = (version: string) => resource('endpoints', 'a', version, { value: new Uint8Array(3_000_000) })
  xds.publish(put(big('0')))
  const ask = create(DeltaDiscoveryRequestSchema, { node: { id: 'deaf' }, typeUrl: resourceTypes.endpoints, resourceNamesSubscribe: ['a'] })
  const deaf = raw(session, toBinary(DeltaDiscoveryRequestSchema, ask))
  await expect.poll(() => pushes('deaf')).toBe(1)
  const good = client({ id: 'good' })
  good.subscribe('endpoints', ['a'])
  for (let version = 1; version <= 20; version++) {
    xds.publish(put(big(String(version))))
    await good.until(`version ${version}`, () => good.held('endpoints')['a'] === String(version))
  }
  expect(pushes('deaf')).toBe(1)
  deaf.close()
  session.destroy()
  await expect.poll(() => xds.status().proxies.map(({ id }) => id)).toEqual(['good'])
})

test('10,000 unknown names are answered once each, in chunks; more than 100,000 end the stream', async () => {
  const one = client()
  one.subscribe('endpoints', many(10_000))
  await one.until('all answers', () => one.of('endpoints').reduce((sum, { removedResources }) => sum + removedResources.length, 0) === 10_000)
  await one.fence()
  expect(one.of('endpoints').length).toBeLessThanOrEqual(Math.ceil(10_000 / defaultPace.chunk) + 1)
  one.subscribe('endpoints', many(maxNames + 1, 'd'))
  await one.until('the end', () => one.ended)
  expect(one.error?.code).toBe(Code.ResourceExhausted)
})

test('garbage: an absurd node, bytes that are no message, a cut connection; the server serves on', async () => {
  const good = client({ id: 'good' })
  good.subscribe('cluster')
  const odd = client({ id: '\u0000\n'.repeat(10_000) })
  odd.subscribe('cluster')
  await odd.until('an answer', () => odd.responses.length === 1)
  expect(xds.status().proxies.every(({ id }) => id.length <= 256)).toBe(true)
  const session = connectHttp2(`http://127.0.0.1:${port}`)
  const junk = raw(session, new Uint8Array([255, 255, 255, 255, 1, 2, 3]))
  junk.resume()
  const [trailers] = (await once(junk, 'trailers')) as [Record<string, string>]
  expect(trailers['grpc-status']).not.toBe('0')
  raw(session, new Uint8Array(0)).on('error', () => undefined)
  session.destroy()
  xds.publish(put(...service('a')))
  await good.until('the cluster', () => good.held('cluster')['a'] === '1')
})

test('requests for types that are not served are answered within bounds', () => {
  const machine = new Machine()
  const one = machine.open()
  for (let i = 0; i < 1_000; i++) one.request({ typeUrl: `type.googleapis.com/x${i}`, resourceNamesSubscribe: many(2_000) })
  expect(one.say()).toHaveLength(16)
})

test('200 proxies come back at once: all converge', async () => {
  const names = many(1_000)
  xds.publish(put(...names.flatMap((name) => service(name))))
  const fleet = Array.from({ length: 200 }, (_, i) => client({ id: `p${i}` }))
  for (const one of fleet) {
    one.subscribe('cluster')
    one.subscribe('endpoints', names)
  }
  await Promise.all(
    fleet.map((one) => one.until('everything', () => one.state.get('cluster')?.size === 1_000 && one.state.get('endpoints')?.size === 1_000)),
  )
  expect(xds.status().proxies.every(({ types }) => types.cluster?.sent === 1_000)).toBe(true)
})

test('first pushes take turns: a place is given back when it is left or when its time is over', () => {
  const clock = new FakeClock()
  const admission = new Admission(clock, { places: 2, holdMs: 100 })
  const inside: number[] = []
  const leave = [0, 1, 2, 3, 4].map((i) => admission.request(() => inside.push(i)))
  expect(inside).toEqual([0, 1])
  leave[0]?.()
  leave[0]?.()
  expect(inside).toEqual([0, 1, 2])
  leave[3]?.()
  clock.advance(100)
  expect(inside).toEqual([0, 1, 2, 4])
})

test('a resource is serialized once for all streams', () => {
  const machine = new Machine()
  machine.publish(put(...service('a')))
  const frames = ['p', 'q'].map((id) => {
    const message = machine.open(id, { cluster: [] }).stream.next()
    return message && encode(message).$unknown?.[0]?.data
  })
  expect(frames[0]).toBeInstanceOf(Uint8Array)
  expect(frames[0]).toBe(frames[1])
})

test('one change costs the same with 100 and with 10,000 services', () => {
  const cost = (count: number): number => {
    const machine = new Machine()
    const names = many(count)
    machine.publish(put(...names.flatMap((name) => service(name))))
    const one = machine.open('p', { cluster: [], endpoints: names })
    one.converge()
    const get = vi.spyOn(machine.snapshot, 'get')
    machine.publish(put(resource('endpoints', 'c7', '2')))
    expect(one.converge()).toEqual(['endpoints c7@2'])
    return get.mock.calls.length
  }
  expect(cost(10_000)).toBe(cost(100))
})
