import { afterEach, beforeEach, expect, test } from 'vitest'
import { PublishRefused } from '../../src/xds/closure.ts'
import type { XdsEvent } from '../../src/xds/events.ts'
import { createXds } from '../../src/xds/xds.ts'
import type { Xds } from '../../src/xds/xds.ts'
import { DeltaClient } from './client.ts'
import type { ClientOptions } from './client.ts'
import { put, ref, remove, resource, service } from './samples.ts'

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

async function connected(options: ClientOptions = {}): Promise<DeltaClient> {
  const one = new DeltaClient({ port }, options)
  clients.push(one)
  one.subscribe('cluster')
  one.subscribe('endpoints', ['a', 'b'])
  one.subscribe('routes', ['main'])
  await one.fence()
  return one
}

const refusal = (publish: () => unknown): readonly string[] => {
  try {
    publish()
  } catch (error) {
    if (error instanceof PublishRefused) return error.problems
    throw error
  }
  return []
}

test('a reference without a target refuses the whole change, by name', async () => {
  const one = await connected()
  const change = put(...service('a'), resource('routes', 'main', '1', { refs: [ref('cluster', 'a'), ref('cluster', 'b')] }))
  expect(refusal(() => xds.publish(change))).toEqual(['routes/main refers to cluster/b, which does not exist'])
  await one.fence()
  expect(one.held('cluster')).toEqual({})
  expect(xds.served(ref('cluster', 'a'))).toBeUndefined()
  expect(xds.publish(put(...service('a'), ...service('b'), ...change.put.slice(2))).changed).toHaveLength(5)
})

test('removing what is still referred to is refused; with the last reference it goes', () => {
  xds.publish(put(...service('a'), ...service('b'), resource('routes', 'main', '1', { refs: [ref('cluster', 'a'), ref('cluster', 'b')] })))
  expect(refusal(() => xds.publish(remove(ref('cluster', 'b'), ref('endpoints', 'b'))))).toEqual([
    'cluster/b would be removed while 1 other resource still refers to it',
  ])
  expect(refusal(() => xds.publish(remove(ref('endpoints', 'b'))))).toEqual([
    'endpoints/b would be removed while 1 other resource still refers to it',
  ])
  const routes = resource('routes', 'main', '2', { refs: [ref('cluster', 'a')] })
  expect(xds.publish({ put: [routes], remove: [ref('cluster', 'b'), ref('endpoints', 'b')] }).changed).toHaveLength(3)
  // The count is right after refusals too.
  expect(refusal(() => xds.publish(remove(ref('cluster', 'a'))))).toHaveLength(1)
  xds.publish(remove(ref('routes', 'main'), ref('cluster', 'a'), ref('endpoints', 'a')))
})

test('a put that refers to what the same change removes is refused, and so is a name that stands twice', () => {
  xds.publish(put(...service('a')))
  expect(
    refusal(() => xds.publish({ put: [resource('cluster', 'x', '1', { refs: [ref('endpoints', 'a')] })], remove: [ref('endpoints', 'a')] })),
  ).toContain('cluster/x refers to endpoints/a, which does not exist')
  expect(refusal(() => xds.publish({ put: [resource('secret', 's')], remove: [ref('secret', 's')] }))).toEqual([
    'secret/s stands in the change twice',
  ])
})

test('the same version again changes nothing; removing what is not there neither', () => {
  const first = xds.publish(put(...service('a')))
  expect(first.publish).toBe(1)
  expect(xds.publish(put(...service('a')))).toEqual({ publish: 1, changed: [] })
  expect(xds.publish(remove(ref('secret', 'never')))).toEqual({ publish: 1, changed: [] })
})

test('settled: resolves when every connected proxy has accepted or refused what changed', async () => {
  const good = await connected({ id: 'good' })
  await connected({ id: 'picky', refuse: ({ resources }) => (resources.some(({ version }) => version === 'bad') ? 'no' : undefined) })
  const fine = await xds.settled(xds.publish(put(...service('a'))), { timeoutMs: 60_000 })
  expect(fine).toEqual({ complete: true, answered: 2, rejected: [], waiting: [] })
  expect(good.held('cluster')).toEqual({ a: '1' })
  const refused = await xds.settled(xds.publish(put(resource('endpoints', 'a', 'bad'))), { timeoutMs: 60_000 })
  expect(refused).toMatchObject({
    complete: true,
    answered: 2,
    rejected: [{ proxy: { id: 'picky' }, rejection: { name: 'a', version: 'bad', heldAt: '1' } }],
  })
})

test('settled: a silent proxy is named when the time is over, one that leaves is not waited for', async () => {
  const mute = await connected({ id: 'mute', ack: false })
  const receipt = xds.publish(put(resource('endpoints', 'a')))
  const late = await xds.settled(receipt, { timeoutMs: 50 })
  expect(late).toMatchObject({ complete: false, answered: 0, waiting: [{ proxy: { id: 'mute' }, keys: [ref('endpoints', 'a')] }] })
  const leaving = xds.settled(receipt, { timeoutMs: 60_000 })
  await mute.close()
  expect(await leaving).toMatchObject({ complete: true, answered: 0, waiting: [] })
})

test('served: a bridge until the routes are accepted is in use while one proxy has not accepted them', async () => {
  const one = new DeltaClient({ port }, { ack: false })
  clients.push(one)
  xds.publish(put(resource('extension', 'x', 'old'), resource('routes', 'main', '1')))
  one.subscribe('extension', ['x'])
  one.subscribe('routes', ['main'])
  await one.until('both', () => one.responses.length === 2)
  for (const response of one.responses) one.ack(response)
  await one.fence()
  xds.publish(put(resource('extension', 'x', 'new', { bridge: { version: 'both', value: new Uint8Array([7]) } }), resource('routes', 'main', '2')))
  await one.until('the bridge and the routes', () => one.of('extension').length === 2 && one.of('routes').length === 2)
  expect(xds.served(ref('extension', 'x'))?.version).toBe('both')
  for (const type of ['extension', 'routes'] as const) one.ack(one.of(type).at(-1)!)
  await one.until('the final', () => one.held('extension')['x'] === 'new')
  one.ack(one.of('extension').at(-1)!)
  await expect.poll(() => xds.served(ref('extension', 'x'))?.version).toBe('new')
  expect(xds.served(ref('extension', 'nobody'))).toBeUndefined()
})

test('events: connected, pushed with bytes, accepted with time, rejected once, disconnected', async () => {
  const one = await connected({ id: 'edge', refuse: ({ resources }) => (resources.some(({ version }) => version === 'bad') ? 'no good' : undefined) })
  xds.publish(put(...service('a')))
  await one.until('both', () => one.held('cluster')['a'] === '1' && one.held('endpoints')['a'] === '1')
  const receipt = xds.publish(put(resource('endpoints', 'a', 'bad')))
  await xds.settled(receipt)
  await one.close()
  await expect.poll(() => events.at(-1)?.kind).toBe('disconnected')
  const all = events.filter((event) => !('type' in event) || event.type !== 'runtime')
  expect(all[0]).toMatchObject({ kind: 'connected', proxy: { id: 'edge', cluster: 'test' } })
  expect(all).toContainEqual(expect.objectContaining({ kind: 'pushed', type: 'cluster', resources: 1, removed: 0, bytes: 'a@1'.length }))
  expect(all.filter((event) => event.kind === 'accepted' && event.type === 'cluster' && event.resources === 1 && event.ms >= 0)).toHaveLength(1)
  expect(all.filter(({ kind }) => kind === 'rejected')).toMatchObject([
    { rejection: { type: 'endpoints', name: 'a', owner: 'endpoints/a', message: 'no good' } },
  ])
})

test('status: what is wanted, sent and accepted; retryRejected tries again what was refused', async () => {
  let fine = false
  const one = await connected({
    id: 'edge',
    refuse: ({ resources }) => (!fine && resources.some(({ name }) => name === 'b') ? 'port in use' : undefined),
  })
  await xds.settled(xds.publish(put(...service('a'), resource('endpoints', 'b'))))
  const [proxy] = xds.status().proxies
  expect(proxy?.types.endpoints).toEqual({ subscribed: 2, wanted: { resources: 2, publish: 1 }, sent: 1, accepted: 1 })
  expect(proxy?.rejected).toMatchObject([{ name: 'b', message: 'port in use' }])
  expect(proxy?.address).toMatch(/^127\.0\.0\.1:\d+$/)
  fine = true
  xds.retryRejected()
  await one.until('b', () => one.held('endpoints')['b'] === '1')
  await expect.poll(() => xds.status().proxies[0]?.types.endpoints?.accepted).toBe(2)
  expect(xds.status().proxies[0]?.rejected).toEqual([])
})
