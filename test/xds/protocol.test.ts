import { Code } from '@connectrpc/connect'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { resourceTypes } from '../../src/xds/resource.ts'
import { createXds } from '../../src/xds/xds.ts'
import type { Xds } from '../../src/xds/xds.ts'
import { DeltaClient, namesOf } from './client.ts'
import type { ClientOptions } from './client.ts'
import { put, ref, remove, resource, service } from './samples.ts'

let xds: Xds
let port: number
const clients: DeltaClient[] = []

beforeEach(async () => {
  xds = createXds({ pace: { gateMs: 100, chunkMs: 20 } })
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

test('the first CDS and LDS request without names is a wildcard; nothing to send is answered with an empty response', async () => {
  const one = client()
  one.subscribe('cluster')
  await one.until('the empty answer', () => one.of('cluster').length === 1)
  expect(one.names('cluster')).toEqual([[]])
  xds.publish(put(...service('a')))
  await one.until('the cluster', () => one.held('cluster')['a'] === '1')
})

test('"*" is a wildcard, also beside names, and ends with its own unsubscribe', async () => {
  xds.publish(put(resource('secret', 'a'), resource('secret', 'b')))
  const one = client()
  one.subscribe('secret', ['*', 'a'])
  await one.until('both', () => Object.keys(one.held('secret')).length === 2)
  one.unsubscribe('secret', ['*'])
  await one.fence('secret')
  xds.publish(put(resource('secret', 'a', '2'), resource('secret', 'b', '2')))
  await one.until('a', () => one.held('secret')['a'] === '2')
  await one.fence('secret')
  expect(one.held('secret')['b']).toBe('1')
})

test('a name that does not exist is answered as removed, stays subscribed and is sent when it appears', async () => {
  const one = client()
  one.subscribe('endpoints', ['later'])
  await one.until('the answer', () => one.of('endpoints').length === 1)
  expect(one.names('endpoints')).toEqual([['-later']])
  xds.publish(put(resource('endpoints', 'later')))
  await one.until('the resource', () => one.held('endpoints')['later'] === '1')
})

test('an unknown runtime layer and an unknown CLA are answered at once, whatever else waits', async () => {
  const one = client({ ack: false })
  one.subscribe('cluster')
  one.subscribe('runtime', ['gw'])
  one.subscribe('endpoints', ['nobody'])
  await one.until('both answers', () => one.of('runtime').length === 1 && one.of('endpoints').length === 1)
  expect(one.names('runtime')).toEqual([['-gw']])
  expect(one.names('endpoints')).toEqual([['-nobody']])
})

test('a name that is subscribed again is sent again although the client has it', async () => {
  xds.publish(put(resource('endpoints', 'a')))
  const one = client()
  one.subscribe('endpoints', ['a'])
  await one.until('the first', () => one.of('endpoints').length === 1)
  one.subscribe('endpoints', ['a'])
  await one.until('the second', () => one.of('endpoints').length === 2)
  one.unsubscribe('endpoints', ['a'])
  one.subscribe('endpoints', ['a'])
  await one.until('the third', () => one.of('endpoints').length === 3)
  expect(one.names('endpoints')).toEqual([['a'], ['a'], ['a']])
})

test('subscriptions in a request with a stale nonce are applied, its ACK is not', async () => {
  xds.publish(put(resource('endpoints', 'a'), resource('endpoints', 'b')))
  const one = client()
  one.subscribe('endpoints', ['a'])
  await one.until('a', () => one.of('endpoints').length === 1)
  one.send({ typeUrl: resourceTypes.endpoints, responseNonce: 'from another stream', resourceNamesSubscribe: ['b'] })
  await one.until('b', () => one.held('endpoints')['b'] === '1')
  expect(xds.status().proxies[0]?.staleNonces).toBe(1)
})

test('ACKs are never answered', async () => {
  xds.publish(put(resource('endpoints', 'a')))
  const one = client()
  one.subscribe('endpoints', ['a'])
  await one.until('a', () => one.of('endpoints').length === 1)
  const [first] = one.responses
  if (first) for (let i = 0; i < 5; i++) one.ack(first)
  await one.fence()
  expect(one.of('endpoints')).toHaveLength(1)
})

test('an unsubscribed name is not sent any more; phantom unsubscribes are ignored', async () => {
  xds.publish(put(resource('endpoints', 'a')))
  const one = client()
  one.subscribe('endpoints', ['a'])
  await one.until('a', () => one.of('endpoints').length === 1)
  one.unsubscribe('endpoints', ['a', 'never'])
  await one.fence()
  xds.publish(put(resource('endpoints', 'a', '2')))
  await one.fence()
  expect(one.names('endpoints')).toEqual([['a']])
})

test('unsubscribing a name under a wildcard is answered with what has become of it', async () => {
  xds.publish(put(...service('a')))
  const one = client()
  one.subscribe('cluster', ['*', 'a', 'ghost'])
  await one.until('a', () => one.held('cluster')['a'] === '1')
  const before = one.of('cluster').length
  one.unsubscribe('cluster', ['a', 'ghost'])
  await one.until('the answer', () => one.of('cluster').length > before)
  expect(one.names('cluster').slice(before)).toEqual([['a', '-ghost']])
})

test('a reconnect gets what has changed and what is gone, and nothing else', async () => {
  xds.publish(put(...service('same'), ...service('changed', '2'), resource('secret', 's')))
  const one = client()
  one.subscribe('cluster', [], { same: '1', changed: '1', gone: '1' })
  one.subscribe('endpoints', ['same', 'changed', 'gone'], { same: '1', changed: '1', gone: '1' })
  one.subscribe('secret', ['s'], { s: '1' })
  await one.until('the changed and the gone', () => one.names('cluster').flat().includes('-gone') && one.names('cluster').flat().includes('changed'))
  await one.fence()
  expect(one.names('cluster').flat().sort()).toEqual(['-gone', 'changed'])
  expect(one.names('secret')).toEqual([])
  // The CLA of the changed cluster is pushed again; the others are not.
  expect(
    one
      .names('endpoints')
      .flat()
      .filter((name) => name !== '-gone'),
  ).toEqual(['changed'])
})

test('each nonce is unique, also across streams', async () => {
  xds.publish(put(resource('endpoints', 'a'), resource('secret', 'b')))
  const two = [client({ id: 'x' }), client({ id: 'y' })]
  for (const one of two) {
    one.subscribe('endpoints', ['a'])
    one.subscribe('secret', ['b'])
  }
  for (const one of two) await one.until('both', () => one.responses.length === 2)
  expect(new Set(two.flatMap((one) => one.responses.map(({ nonce }) => nonce))).size).toBe(4)
})

test('publishing the same versions sends nothing; a response names each resource once and has the type of its resources', async () => {
  xds.publish(put(...service('a'), ...service('b')))
  const one = client()
  one.subscribe('cluster')
  await one.until('both', () => Object.keys(one.held('cluster')).length === 2)
  const receipt = xds.publish(put(...service('a'), ...service('b')))
  expect(receipt.changed).toEqual([])
  await one.fence()
  expect(one.names('cluster')).toEqual([['a', 'b']])
  for (const response of one.responses) {
    expect(new Set(namesOf(response)).size).toBe(namesOf(response).length)
    for (const { resource: any } of response.resources) expect(any?.typeUrl).toBe(response.typeUrl)
  }
})

test('the bytes on the wire are those of the resource', async () => {
  xds.publish(put(resource('secret', 'a', '7')))
  const one = client()
  one.subscribe('secret', ['a'])
  await one.until('a', () => one.responses.length === 1)
  const [got] = one.responses[0]?.resources ?? []
  expect(new TextDecoder().decode(got?.resource?.value)).toBe('a@7')
  expect(got?.version).toBe('7')
})

test('a removed resource is announced and may come back', async () => {
  xds.publish(put(resource('secret', 'a')))
  const one = client()
  one.subscribe('cluster')
  one.subscribe('listener')
  one.subscribe('secret', ['a'])
  await one.until('a', () => one.held('secret')['a'] === '1')
  xds.publish(remove(ref('secret', 'a')))
  await one.until('its end', () => !('a' in one.held('secret')))
  xds.publish(put(resource('secret', 'a', '2')))
  await one.until('its return', () => one.held('secret')['a'] === '2')
})

test('the state of the world variant is refused with UNIMPLEMENTED and a hint', async () => {
  const { createClient } = await import('@connectrpc/connect')
  const { createGrpcTransport } = await import('@connectrpc/connect-node')
  const { AggregatedDiscoveryService } = await import('#gen/envoy/service/discovery/v3/ads_pb.js')
  const sotw = createClient(AggregatedDiscoveryService, createGrpcTransport({ baseUrl: `http://127.0.0.1:${port}` }))
  const responses = sotw.streamAggregatedResources(
    (async function* () {
      yield { typeUrl: resourceTypes.cluster }
    })(),
  )
  const ask = (): Promise<unknown> => responses[Symbol.asyncIterator]().next()
  await expect(ask()).rejects.toMatchObject({ code: Code.Unimplemented, message: expect.stringContaining('DELTA_GRPC') as string })
})

test('a request without type_url ends the stream with INVALID_ARGUMENT', async () => {
  const ends: (string | undefined)[] = []
  xds.onEvent((event) => event.kind === 'disconnected' && ends.push(event.error))
  const one = client()
  one.send({ typeUrl: '' })
  await one.until('the end', () => one.ended)
  expect(one.error?.code).toBe(Code.InvalidArgument)
  expect(ends).toEqual(['a request on an aggregated stream must name its type_url'])
})

test('a type that is not served is answered with nothing', async () => {
  const one = client()
  one.send({ typeUrl: 'type.googleapis.com/envoy.config.route.v3.VirtualHost', resourceNamesSubscribe: ['x'] })
  await one.until('the answer', () => one.responses.length === 1)
  expect(one.responses.map(namesOf)).toEqual([['-x']])
  await one.fence()
  expect(one.responses).toHaveLength(2)
})

test('an Envoy older than 1.40 is refused and named; 1.40 and newer are served', async () => {
  const old = client({ id: 'old', envoy: '1.39.2' })
  old.subscribe('cluster')
  await old.until('the end', () => old.ended)
  expect(old.error?.code).toBe(Code.FailedPrecondition)
  expect(xds.status().refused).toMatchObject([{ id: 'old', version: '1.39.2', reason: 'proxy "old" is Envoy 1.39.2; at least 1.40 is needed' }])
  for (const envoy of ['1.40.0', '1.41.1', '2.0.0']) {
    const one = client({ id: envoy, envoy })
    one.subscribe('cluster')
    await one.until('an answer', () => one.responses.length === 1)
  }
  expect(xds.status().proxies.map(({ id }) => id)).toEqual(['1.40.0', '1.41.1', '2.0.0'])
})

test('a time to live goes over the wire; heartbeats carry it and the version, but no body', async () => {
  xds.publish(put(resource('runtime', 'gw', '1', { ttlMs: 1_500 })))
  const one = client()
  one.subscribe('runtime', ['gw'])
  await one.until('two heartbeats', () => one.of('runtime').length === 3)
  const [first, ...beats] = one.of('runtime').map(({ resources }) => resources[0])
  expect(first).toMatchObject({ name: 'gw', version: '1', ttl: { seconds: 1n, nanos: 500_000_000 } })
  expect(new TextDecoder().decode(first?.resource?.value)).toBe('gw@1')
  for (const beat of beats) {
    expect(beat).toMatchObject({ name: 'gw', version: '1', ttl: { seconds: 1n, nanos: 500_000_000 } })
    expect(beat?.resource).toBeUndefined()
  }
})

test('an ADS stream that the client ends is forgotten', async () => {
  const one = client({ id: 'gone' })
  one.subscribe('cluster')
  await one.until('the answer', () => one.responses.length === 1)
  await one.close()
  await expect.poll(() => xds.status().proxies).toEqual([])
})
