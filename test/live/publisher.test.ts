import { fromBinary } from '@bufbuild/protobuf'
import { beforeEach, expect, test } from 'vitest'
import { ClusterLoadAssignmentSchema } from '#gen/envoy/config/endpoint/v3/endpoint_pb.js'
import { type Compiled, Compiler, type Good } from '../../src/compile.ts'
import type { Files } from '../../src/config/files.ts'
import { features } from '../../src/features/index.ts'
import { XdsPublisher } from '../../src/live/xds-publisher.ts'
import type { Service } from '../../src/model/gateway.ts'
import { PublishRefused } from '../../src/xds/closure.ts'
import { createXds, type Xds } from '../../src/xds/xds.ts'
import { FakeClock } from '../xds/machine.ts'

let clock: FakeClock
let xds: Xds
let compiler: Compiler
let publisher: XdsPublisher
let text = ''

const files: Files = { read: () => Promise.resolve({ text }), glob: () => Promise.resolve([]) }
const base = (services: Record<string, string>, extra = ''): string =>
  `version: 1\nlisteners: {public: {port: 8080}}\nservices:\n${Object.entries(services)
    .map(([name, value]) => `  ${name}: {endpoints: [${value}]${extra}}\n`)
    .join('')}routes:\n${Object.keys(services)
    .map((name) => `  ${name}: {match: {path: /${name}/*}, to: ${name}}\n`)
    .join('')}`

async function compiled(source: string): Promise<Good> {
  text = source
  const made: Compiled = await compiler.compile()
  if (!made.good) throw new Error(JSON.stringify(made.diagnostics))
  return made.good
}

async function publish(source: string) {
  const good = await compiled(source)
  return publisher.publish(good)
}

function moved(good: Good, name: string, port: number): Service {
  const service = good.gateway.services.get(name)
  if (!service) throw new Error(`no service ${name}`)
  return { ...service, discovery: { type: 'static', endpoints: [{ address: '127.0.0.1', port, weight: 1, labels: {} }] } }
}

function ports(name: string): number[] {
  const served = xds.served({ type: 'endpoints', name })
  if (!served) return []
  return fromBinary(ClusterLoadAssignmentSchema, served.value).endpoints.flatMap(({ lbEndpoints }) =>
    lbEndpoints.flatMap(({ hostIdentifier }) => {
      const address = hostIdentifier.case === 'endpoint' ? hostIdentifier.value.address?.address : undefined
      return address?.case === 'socketAddress' && address.value.portSpecifier.case === 'portValue' ? [address.value.portSpecifier.value] : []
    }),
  )
}

beforeEach(() => {
  clock = new FakeClock()
  xds = createXds({ clock })
  compiler = new Compiler('gateway.yaml', { files, env: {} })
  publisher = new XdsPublisher(xds, features, compiler.emitter, clock)
})

test('the same gateway twice sends nothing; another order and format neither', async () => {
  const first = await publish(base({ a: '127.0.0.1:1', b: '127.0.0.1:2' }))
  expect(first.changed.length).toBeGreaterThan(5)
  expect(await publish(base({ b: '"127.0.0.1:2"', a: '127.0.0.1:1' }))).toEqual({ publish: first.publish, changed: [] })
})

test('a live change of one service publishes that service and nothing else', async () => {
  const good = await compiled(base({ a: '127.0.0.1:1', b: '127.0.0.1:2' }))
  publisher.publish(good)
  const receipt = publisher.update(moved(good, 'a', 9), good.at)
  expect(receipt).toMatchObject({ changed: [{ type: 'endpoints', name: 'a' }] })
  expect(ports('a')).toEqual([9])
  expect(publisher.update(moved(good, 'a', 9), good.at)).toMatchObject({ changed: [] })
})

test('a live change outlives edits elsewhere in the file, and ends with an edit of its service', async () => {
  const good = await compiled(base({ a: '127.0.0.1:1', b: '127.0.0.1:2' }))
  publisher.publish(good)
  publisher.update(moved(good, 'a', 9), good.at)
  expect((await publish(base({ a: '127.0.0.1:1', b: '127.0.0.1:3' }))).changed).toEqual([{ type: 'endpoints', name: 'b' }])
  expect(ports('a')).toEqual([9])
  await publish(base({ a: '127.0.0.1:4', b: '127.0.0.1:3' }))
  expect(ports('a')).toEqual([4])
  await publish(base({ a: '127.0.0.1:1', b: '127.0.0.1:3' }))
  expect(ports('a')).toEqual([1])
})

test('a live change goes with its service, and does not come back with a later one of the same name', async () => {
  const good = await compiled(base({ a: '127.0.0.1:1', b: '127.0.0.1:2' }))
  publisher.publish(good)
  publisher.update(moved(good, 'a', 9), good.at)
  await publish(base({ b: '127.0.0.1:2' }))
  expect(xds.served({ type: 'endpoints', name: 'a' })).toBeUndefined()
  await publish(base({ a: '127.0.0.1:1', b: '127.0.0.1:2' }))
  expect(ports('a')).toEqual([1])
})

test("the file's own node takes a live change back", async () => {
  const good = await compiled(base({ a: '127.0.0.1:1' }))
  publisher.publish(good)
  publisher.update(moved(good, 'a', 9), good.at)
  const own = good.gateway.services.get('a')
  if (own) publisher.update(own, good.at)
  expect(ports('a')).toEqual([1])
  expect((await publish(base({ a: '127.0.0.1:1' }))).changed).toEqual([])
})

const checked = ', healthCheck: {interval: 1s, timeout: 500ms}'

test('endpoints of a health-checked service are exchanged in two steps, by file and live', async () => {
  await publish(base({ a: '127.0.0.1:1' }, checked))
  const good = await compiled(base({ a: '127.0.0.1:2' }, checked))
  publisher.publish(good)
  expect(ports('a')).toEqual([2, 1])
  clock.advance(1_499)
  expect(ports('a')).toEqual([2, 1])
  publisher.update(moved(good, 'a', 3), good.at)
  expect(ports('a').sort()).toEqual([1, 2, 3])
  clock.advance(1)
  expect(ports('a').sort()).toEqual([2, 3])
  clock.advance(1_499)
  expect(ports('a')).toEqual([3])
})

test('a removed service takes its swap timer along; after close nothing is published', async () => {
  await publish(base({ a: '127.0.0.1:1', b: '127.0.0.1:2' }, checked))
  await publish(base({ a: '127.0.0.1:3', b: '127.0.0.1:4' }, checked))
  await publish(base({ b: '127.0.0.1:4' }, checked))
  const { publish: count } = xds.status()
  clock.advance(400)
  publisher.close()
  clock.advance(10_000)
  expect(xds.status().publish).toBe(count)
  expect(xds.served({ type: 'endpoints', name: 'a' })).toBeUndefined()
})

test('a publish that is refused changes nothing, and the next good one is complete', async () => {
  await publish(base({ a: '127.0.0.1:1' }, checked))
  const good = await compiled(base({ a: '127.0.0.1:2', b: '127.0.0.1:3' }, checked))
  const torn = new Map([...good.resources].filter(([key]) => key !== 'cluster/b'))
  expect(() => publisher.publish({ ...good, resources: torn })).toThrow(PublishRefused)
  expect(ports('a')).toEqual([1])
  const { changed } = publisher.publish(good)
  expect(changed.map(({ type, name }) => `${type}/${name}`)).toEqual(
    expect.arrayContaining(['cluster/b', 'endpoints/b', 'endpoints/a', 'routes/public']),
  )
  expect(ports('a')).toEqual([2, 1])
})
