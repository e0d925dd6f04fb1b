import { expect, test } from 'vitest'
import type { Resource } from '../../src/xds/resource.ts'
import { Machine } from './machine.ts'
import { many, put, ref, remove, resource, service } from './samples.ts'

const cluster = (name: string, version = '1', ...refs: readonly string[]): Resource =>
  resource('cluster', name, version, { refs: [ref('endpoints', name), ...refs.map((secret) => ref('secret', secret))] })
const cla = (name: string, version = '1'): Resource => resource('endpoints', name, version)
const routes = (version: string, ...clusters: readonly string[]): Resource =>
  resource('routes', 'main', version, { refs: clusters.map((name) => ref('cluster', name)) })

/** A proxy that has one cluster and one RouteConfiguration. */
function running(machine = new Machine()) {
  machine.publish(put(cluster('a'), cla('a'), routes('1', 'a'), resource('listener', 'l', '1', { refs: [ref('routes', 'main')] })))
  const one = machine.open('p', {
    cluster: [],
    listener: [],
    endpoints: ['a', 'b'],
    routes: ['main'],
    secret: ['s'],
    extension: ['x'],
    runtime: ['gw'],
  })
  one.converge()
  return { machine, one }
}

test('additions: secrets, clusters, their endpoints, extensions, then routes when the clusters are accepted', () => {
  const { machine, one } = running()
  machine.publish(
    put(routes('2', 'a', 'b'), resource('extension', 'x'), cla('b'), cluster('b', '1', 's'), resource('secret', 's'), resource('runtime', 'gw')),
  )
  expect(one.say()).toEqual(['runtime gw@1', 'secret s@1', 'cluster b@1', 'endpoints b@1', 'extension x@1'])
  one.ack('endpoints')
  expect(one.say()).toEqual([])
  one.ack('cluster')
  expect(one.say()).toEqual(['routes main@2'])
})

test('a changed cluster gets its endpoints again, at once and in the same version', () => {
  const { machine, one } = running()
  machine.publish(put(cluster('a', '2')))
  expect(one.say()).toEqual(['cluster a@2', 'endpoints a@1'])
})

test('endpoints that are asked for after the changed cluster was sent are pushed on a reconnect', () => {
  const { machine } = running()
  const back = machine.open('q')
  back.subscribe('cluster', [], { a: 'old' })
  expect(back.say()).toEqual(['cluster a@1'])
  back.subscribe('endpoints', ['a'], { a: '1' })
  expect(back.say()).toEqual(['endpoints a@1'])
})

test('routes wait for their clusters at most a second, also when endpoints and other clusters keep changing', () => {
  const { machine, one } = running()
  machine.publish(put(cluster('b'), cla('b'), routes('2', 'a', 'b')))
  one.say()
  one.ack('endpoints')
  machine.clock.advance(600)
  machine.publish(put(cluster('c'), cla('c'), routes('3', 'a', 'b', 'c')))
  expect(one.say()).toEqual(['cluster c@1'])
  machine.clock.advance(399)
  expect(one.say()).toEqual([])
  expect(one.stream.wakeAt).toBe(machine.clock.now() + 1)
  machine.clock.advance(1)
  expect(one.say()).toEqual(['routes main@3'])
})

test('routes whose clusters are warm do not wait for another cluster', () => {
  const { machine, one } = running()
  machine.publish(put(cluster('b'), cla('b')))
  one.say()
  machine.publish(put(routes('2', 'a')))
  expect(one.say()).toEqual(['routes main@2'])
})

test('routes are not sent before a cluster that could not be sent yet', () => {
  const { machine, one } = running(new Machine({ gateMs: 1_000 }))
  machine.publish(put(cluster('b'), cla('b')))
  one.say()
  one.ack('endpoints')
  machine.publish(put(cluster('c'), cla('c'), routes('2', 'a', 'c')))
  expect(one.say()).toEqual([])
  machine.clock.advance(250)
  expect(one.say()).toEqual(['cluster c@1'])
})

test('removals: the cluster goes after the routes that drop it are accepted, its endpoints and secrets after the cluster', () => {
  const { machine, one } = running()
  machine.publish(put(cluster('b', '1', 's'), cla('b'), resource('secret', 's'), routes('2', 'a', 'b')))
  one.converge()
  machine.publish({ put: [routes('3', 'a')], remove: [ref('cluster', 'b'), ref('endpoints', 'b'), ref('secret', 's')] })
  expect(one.say()).toEqual(['routes main@3'])
  one.ack()
  expect(one.say()).toEqual(['cluster -b'])
  one.ack()
  expect(one.say().sort()).toEqual(['endpoints -b', 'secret -s'])
})

test('a removal waits at most a second for the answer about the routes', () => {
  const { machine, one } = running()
  machine.publish(put(cluster('b'), cla('b'), routes('2', 'a', 'b')))
  one.converge()
  machine.publish({ put: [routes('3', 'a')], remove: [ref('cluster', 'b'), ref('endpoints', 'b')] })
  one.say()
  machine.clock.advance(999)
  expect(one.say()).toEqual([])
  machine.clock.advance(1)
  expect(one.say()).toEqual(['cluster -b'])
})

test('a proxy that refused the new routes keeps the clusters of its old ones', () => {
  const { machine, one } = running()
  machine.publish(put(cluster('b'), cla('b'), routes('2', 'a', 'b')))
  one.converge()
  machine.publish({ put: [routes('3', 'a')], remove: [ref('cluster', 'b'), ref('endpoints', 'b')] })
  one.say()
  one.nack('routes', 'missing ): a(')
  machine.clock.advance(60_000)
  expect(one.say()).toEqual([])
  machine.publish(put(routes('4', 'a')))
  expect(one.converge()).toEqual(['routes main@4', 'cluster -b', 'endpoints -b'])
})

test('on a reconnect a cluster is not removed before the routes were asked for', () => {
  const { machine } = running()
  machine.publish(put(routes('2', 'a')))
  const back = machine.open('q')
  back.subscribe('cluster', [], { a: '1', gone: '1' })
  expect(back.say()).toEqual([])
  back.subscribe('routes', ['main'], { main: '1' })
  expect(back.converge()).toEqual(['routes main@2', 'cluster -gone'])
})

const sizes = (said: readonly string[]): string[] => said.map((line) => `${line.split(' ')[0]} ${line.split(' ').length - 1}`)

test('a new proxy gets listeners only after its last chunk of clusters; the next chunk comes at the ACK or after 50 ms', () => {
  const machine = new Machine({ chunk: 100 })
  const names = many(250)
  machine.publish(put(...names.flatMap((name) => service(name)), resource('listener', 'l')))
  const one = machine.open('p', { cluster: [], listener: [], endpoints: names })
  one.ack()
  expect(sizes(one.say())).toEqual(['cluster 100', 'endpoints 100'])
  one.ack()
  expect(sizes(one.say())).toEqual(['cluster 100', 'endpoints 100'])
  one.ack('endpoints')
  expect(sizes(one.say())).toEqual(['endpoints 50'])
  one.ack('endpoints')
  machine.clock.advance(49)
  expect(one.say()).toEqual([])
  machine.clock.advance(1)
  expect(sizes(one.say())).toEqual(['cluster 50', 'endpoints 50', 'listener 1'])
})

test('while the proxy has not taken the endpoints of a chunk, more clusters wait, at most a second', () => {
  const machine = new Machine({ chunk: 100 })
  const names = many(250)
  machine.publish(put(...names.flatMap((name) => service(name))))
  const one = machine.open('p', { cluster: [] })
  expect(sizes(one.say())).toEqual(['cluster 100'])
  machine.clock.advance(999)
  expect(one.say()).toEqual([])
  one.subscribe('endpoints', names.slice(0, 100))
  expect(sizes(one.say())).toEqual(['endpoints 100'])
  machine.clock.advance(1)
  expect(sizes(one.say())).toEqual(['cluster 100'])
})

test('the endpoints of a refused cluster are never asked for, and slow nothing down', () => {
  const machine = new Machine()
  machine.publish(put(...service('a'), ...service('bad')))
  const one = machine.open('p', { cluster: [], endpoints: ['a'] })
  one.judge(({ bodies }) => (bodies.some(({ name }) => name === 'bad') ? 'Error adding/updating cluster(s) bad: no' : undefined))
  machine.publish(put(cluster('a', '2')))
  one.say()
  one.ack('endpoints')
  machine.publish(put(cluster('b'), cla('b')))
  machine.clock.advance(250)
  expect(one.say()).toEqual(['cluster b@1'])
})

test('chunks of endpoints: the next at the ACK or after 50 ms', () => {
  const machine = new Machine({ chunk: 100 })
  const names = many(201)
  machine.publish(put(...names.map((name) => cla(name))))
  const one = machine.open('p', { endpoints: names })
  expect(one.say().map((line) => line.split(' ').length - 1)).toEqual([100])
  machine.clock.advance(50)
  expect(one.say().map((line) => line.split(' ').length - 1)).toEqual([100])
  one.ack()
  expect(one.say().map((line) => line.split(' ').length - 1)).toEqual([1])
})

test('one response of a type is under way; the difference is taken anew when the ACK arrives', () => {
  const { machine, one } = running()
  for (let version = 2; version <= 1_000; version++) {
    machine.publish(put(cla('a', String(version)), resource('runtime', 'gw', String(version))))
    const said = one.say()
    expect(said).toEqual(version === 2 ? ['runtime gw@2', 'endpoints a@2'] : [])
  }
  one.ack()
  expect(one.say()).toEqual(['runtime gw@1000', 'endpoints a@1000'])
})

test('a change that is taken back while an answer is missing sends nothing', () => {
  const { machine, one } = running()
  machine.publish(put(cla('a', '2')))
  one.say()
  machine.publish(put(cla('a', '3')))
  machine.publish(put(cla('a', '2')))
  one.ack()
  expect(one.say()).toEqual([])
})

test('a proxy that never answers clusters grows no memory: names move to the latest response', () => {
  const { machine, one } = running()
  for (let version = 2; version < 200; version++) {
    machine.publish(put(cluster('a', String(version))))
    machine.clock.advance(1_000)
    one.say()
    one.ack('endpoints')
  }
  const channel = one.stream.state.channel('cluster')
  expect(channel?.flights.size).toBe(1)
  expect(channel?.pending.size).toBe(1)
})

test('an extension with a bridge: bridge, routes, final after the routes of this stream are accepted', () => {
  const { machine, one } = running()
  machine.publish(put(resource('extension', 'x', 'old')))
  one.converge()
  const x = resource('extension', 'x', 'new', { bridge: { version: 'old+new', value: new Uint8Array([1]) } })
  machine.publish(put(x, routes('2', 'a')))
  expect(one.say()).toEqual(['extension x@old+new', 'routes main@2'])
  one.ack('extension')
  expect(one.say()).toEqual([])
  one.ack('routes')
  expect(one.converge()).toEqual(['extension x@new'])
  // One that comes now, and one that comes back with the final, need no bridge; one that comes back with the old does.
  expect(machine.open('new', { extension: ['x'] }).converge()).toEqual(['extension x@new'])
  const back = machine.open('back')
  back.subscribe('extension', ['x'], { x: 'old' })
  expect(back.converge()).toEqual(['extension x@old+new', 'extension x@new'])
})

test('an extension stays at its bridge while this proxy refuses the routes', () => {
  const { machine, one } = running()
  machine.publish(put(resource('extension', 'x', 'old')))
  one.converge()
  machine.publish(put(resource('extension', 'x', 'new', { bridge: { version: 'both', value: new Uint8Array([1]) } }), routes('2', 'a')))
  one.say()
  one.ack('extension')
  one.nack('routes', 'no')
  expect(one.converge()).toEqual([])
  machine.publish(put(routes('3', 'a')))
  expect(one.converge()).toEqual(['routes main@3', 'extension x@new'])
})

test('listeners: added and removed ones share a response, so that a port can change hands', () => {
  const { machine, one } = running()
  machine.publish({ put: [resource('listener', 'm')], remove: [ref('listener', 'l')] })
  expect(one.say()).toEqual(['listener m@1 -l'])
})

test('a time to live: heartbeats without a body at a third of it, until the resource is removed', () => {
  const { machine, one } = running()
  machine.publish(put(resource('runtime', 'gw', '1', { ttlMs: 900 })))
  expect(one.converge()).toEqual(['runtime gw@1'])
  for (let i = 0; i < 3; i++) {
    expect(one.stream.wakeAt).toBe(machine.clock.now() + 300)
    machine.clock.advance(300)
    expect(one.converge()).toEqual(['beat runtime gw@1'])
  }
  machine.publish(remove(ref('runtime', 'gw')))
  expect(one.converge()).toEqual(['runtime -gw'])
  machine.clock.advance(10_000)
  expect(one.converge()).toEqual([])
  expect(one.stream.wakeAt).toBe(Infinity)
})

test('a resource whose time ran out while the proxy was silent is sent in full again', () => {
  const { machine, one } = running()
  machine.publish(put(resource('runtime', 'gw', '1', { ttlMs: 900 })))
  one.converge()
  machine.clock.advance(900)
  expect(one.converge()).toEqual(['runtime gw@1'])
})
