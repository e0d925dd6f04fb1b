import { expect, test } from 'vitest'
import { blame } from '../../src/xds/blame.ts'
import type { Message } from '../../src/xds/fill.ts'
import { Machine } from './machine.ts'
import type { MachineStream } from './machine.ts'
import { many, put, ref, remove, resource, service } from './samples.ts'

const bad =
  (type: string, ...versions: readonly string[]) =>
  (message: Message): string | undefined =>
    message.type === type && message.bodies.some(({ name, version }) => versions.includes(`${name}@${version}`)) ? 'missing ): a(' : undefined

const rejectedOf = (machine: Machine): string[] =>
  machine.events.flatMap((event) => (event.kind === 'rejected' ? [`${event.proxy.id} ${event.rejection.name}@${event.rejection.version}`] : []))

const accepted = ({ stream }: MachineStream): string[] =>
  [...(stream.state.channel('endpoints')?.known ?? [])].flatMap(([name, version]) => (version === '1' ? [name] : []))

test('a named resource is guilty; the rest counts as unknown and is sent again without it', () => {
  const machine = new Machine()
  machine.publish(put(...['a', 'b', 'c'].flatMap((name) => service(name))))
  const one = machine.open('p', { cluster: [] })
  expect(one.say()).toEqual(['cluster a@1 b@1 c@1'])
  one.nack('cluster', "Error adding/updating cluster(s) b: Didn't find a registered implementation for 'x'")
  expect(one.converge()).toEqual(['cluster a@1 c@1'])
  expect(rejectedOf(machine)).toEqual(['p b@1'])
  expect(machine.rejections.of('p')).toMatchObject([{ type: 'cluster', name: 'b', owner: 'cluster/b', version: '1', heldAt: undefined }])
})

test('a broken rule rejects the whole response; only the dumped one is held', () => {
  const machine = new Machine()
  machine.publish(put(...['a', 'b'].flatMap((name) => service(name))))
  const one = machine.open('p', { cluster: [] })
  one.say()
  one.nack(
    'cluster',
    'goo.gle/debugstr  \nname: "b"\ntype: EDS\nfilters {\n  name: "a"\n}\n: Proto constraint validation failed (ClusterValidationError.ConnectTimeout: value must be greater than 0s)',
  )
  expect(one.converge()).toEqual(['cluster a@1'])
  expect(rejectedOf(machine)).toEqual(['p b@1'])
})

test('without a name each resource is sent singly; other changes do not wait for that', () => {
  const machine = new Machine()
  const names = many(8)
  machine.publish(put(...names.map((name) => resource('endpoints', name))))
  const one = machine.open('p', { endpoints: [...names, 'new'] })
  one.say()
  one.nack('endpoints', 'malformed IP address: not-an-ip')
  machine.publish(put(resource('endpoints', 'new')))
  const said = one.judge(bad('endpoints', 'c3@1'))
  expect(said[0]).toBe('endpoints new@1')
  expect(said.slice(1)).toEqual(names.map((name) => `endpoints ${name}@1`))
  expect(rejectedOf(machine)).toEqual(['p c3@1'])
  expect(one.converge()).toEqual([])
})

test('a name that merely occurs in the text is a suspect, not guilty', () => {
  const machine = new Machine()
  machine.publish(put(...['a', 'b', 'c'].map((name) => resource('endpoints', name))))
  const one = machine.open('p', { endpoints: ['a', 'b', 'c'] })
  const said = one.judge(bad('endpoints', 'b@1'))
  // `a` stands in the text, `b` is to blame: it is found by sending each singly.
  expect(rejectedOf(machine)).toEqual(['p b@1'])
  expect(said[0]).toBe('endpoints a@1 b@1 c@1')
  expect(accepted(one)).toEqual(['a', 'c'])
})

test('many bad ones among many: all are found, all others ship, and it ends', () => {
  const machine = new Machine()
  const names = many(100)
  machine.publish(put(...names.map((name) => resource('endpoints', name))))
  const one = machine.open('p', { endpoints: names })
  one.judge(bad('endpoints', 'c3@1', 'c50@1', 'c99@1'))
  expect(rejectedOf(machine)).toEqual(['p c3@1', 'p c50@1', 'p c99@1'])
  expect(accepted(one)).toHaveLength(97)
})

test('a held version is not sent again on this stream, nor to another proxy, which gets the last good one', () => {
  const machine = new Machine()
  machine.publish(put(resource('routes', 'main', '1')))
  const one = machine.open('p', { routes: ['main'] })
  one.converge()
  machine.publish(put(resource('routes', 'main', '2')))
  one.judge(bad('routes', 'main@2'))
  expect(machine.rejections.of('p')).toMatchObject([{ name: 'main', version: '2', heldAt: '1' }])
  expect(machine.open('q', { routes: ['main'] }).converge()).toEqual(['routes main@1'])
  one.subscribe('routes', ['main'])
  expect(one.converge()).toEqual(['routes main@1'])
  expect(one.stream.state.suppressed).toBeGreaterThan(0)
  expect(rejectedOf(machine)).toEqual(['p main@2'])
})

test('without a last good one the resource is answered as absent', () => {
  const machine = new Machine()
  machine.publish(put(resource('routes', 'main', '1')))
  machine.open('p', { routes: ['main'] }).judge(bad('routes', 'main@1'))
  expect(machine.open('q', { routes: ['main'] }).converge()).toEqual(['routes -main'])
})

test('a proxy that comes back with its own last good keeps it', () => {
  const machine = new Machine()
  machine.publish(put(resource('routes', 'main', '2')))
  const one = machine.open('p')
  one.subscribe('routes', ['main'], { main: '1' })
  one.judge(bad('routes', 'main@2'))
  const back = machine.open('p')
  back.subscribe('routes', ['main'], { main: '1' })
  expect(back.converge()).toEqual([])
})

test('a new version of a held resource is tried again; the old one too after a detour', () => {
  const machine = new Machine()
  machine.publish(put(resource('routes', 'main', '1')))
  const one = machine.open('p', { routes: ['main'] })
  one.judge(bad('routes', 'main@1'))
  machine.publish(put(resource('routes', 'main', '2')))
  expect(one.judge(bad('routes', 'main@1'))).toEqual(['routes main@2'])
  expect(machine.rejections.of('p')).toEqual([])
  machine.publish(put(resource('routes', 'main', '1')))
  expect(one.judge(bad('routes', 'main@1'))).toEqual(['routes main@1'])
})

test('what another proxy has accepted is held only for the one that refuses it', () => {
  const machine = new Machine()
  machine.publish(put(resource('routes', 'main', '1')))
  machine.open('good', { routes: ['main'] }).converge()
  machine.open('odd', { routes: ['main'] }).judge(bad('routes', 'main@1'))
  expect(machine.open('third', { routes: ['main'] }).converge()).toEqual(['routes main@1'])
  expect(machine.open('odd', { routes: ['main'] }).converge()).toEqual(['routes -main'])
  expect(rejectedOf(machine)).toEqual(['odd main@1'])
})

test('an acceptance under way lifts the hold for the others', () => {
  const machine = new Machine()
  machine.publish(put(resource('routes', 'main', '1')))
  const good = machine.open('good', { routes: ['main'] })
  good.say()
  machine.open('odd', { routes: ['main'] }).judge(bad('routes', 'main@1'))
  const third = machine.open('third', { routes: ['main'] })
  expect(third.converge()).toEqual(['routes -main'])
  good.ack()
  expect(third.converge()).toEqual(['routes main@1'])
})

test('routes that need a held cluster go all the same', () => {
  const machine = new Machine()
  machine.publish(put(...service('a'), ...service('b'), resource('routes', 'main', '1', { refs: [ref('cluster', 'a'), ref('cluster', 'b')] })))
  const one = machine.open('p', { cluster: [], routes: ['main'] })
  const said = one.judge((message) => (message.bodies.some(({ name }) => name === 'b') ? 'Error adding/updating cluster(s) b: no' : undefined))
  expect(said).toEqual(['cluster a@1 b@1', 'cluster a@1', 'routes main@1'])
})

test('a refused removal does not go round in circles; beside a bad resource it is sent again', () => {
  const machine = new Machine()
  machine.publish(put(resource('listener', 'old')))
  const one = machine.open('p', { listener: [] })
  one.converge()
  machine.publish({ put: [resource('listener', 'new')], remove: [ref('listener', 'old')] })
  expect(one.judge(({ bodies }) => (bodies.length > 0 ? 'cannot bind' : undefined))).toEqual(['listener new@1 -old', 'listener -old'])
  machine.publish(put(resource('listener', 'old')))
  one.converge()
  machine.publish(remove(ref('listener', 'old')))
  expect(one.judge(() => 'no')).toEqual(['listener -old'])
})

test('a refused heartbeat is followed by the whole resource', () => {
  const machine = new Machine()
  machine.publish(put(resource('runtime', 'gw', '1', { ttlMs: 900 })))
  const one = machine.open('p', { runtime: ['gw'] })
  one.converge()
  machine.clock.advance(300)
  expect(one.judge(({ heartbeat }) => (heartbeat ? 'unknown' : undefined))).toEqual(['beat runtime gw@1', 'runtime gw@1'])
  expect(rejectedOf(machine)).toEqual([])
})

test.each([
  ['cluster', "Error adding/updating cluster(s) bad.ext: Didn't find a registered implementation", ['bad.ext']],
  ['cluster', 'Error adding/updating cluster(s) a: x, bad.ext: y', ['a', 'bad.ext']],
  ['listener', 'Error adding/updating listener(s) a: cannot bind\nbad.ext: Error: terminal filter\n', ['a', 'bad.ext']],
  ['endpoints', 'goo.gle/debugproto  \ncluster_name: "a"\nendpoints {\n  name: "other"\n}\n: Proto constraint validation failed (x)', ['a']],
  ['routes', 'Only unique values for domains are permitted. Duplicate entry of domain a.com in route bad.ext', ['bad.ext']],
  ['endpoints', 'Unexpected EDS cluster (expecting a): other', ['a']],
  ['routes', 'missing ): a(', []],
  ['cluster', '', []],
] as const)('blame %s: %s', (type, message, guilty) => {
  expect(blame(type, ['other', 'a', 'bad.ext'], message).guilty).toEqual(guilty)
})
