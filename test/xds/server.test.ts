import { connect as connectHttp2 } from 'node:http2'
import { once } from 'node:events'
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { XdsEvent } from '../../src/xds/events.ts'
import { createXds } from '../../src/xds/xds.ts'
import type { Xds } from '../../src/xds/xds.ts'
import { freePort } from '../support/free-port.ts'
import { certificates } from './certificates.ts'
import { DeltaClient } from './client.ts'
import { put, service } from './samples.ts'

let xds: Xds
let dir: string

beforeEach(async () => {
  xds = createXds()
  xds.publish(put(...service('a')))
  dir = await mkdtemp(join(tmpdir(), 'xds-server-'))
})

afterEach(async () => {
  await xds.close()
  await rm(dir, { recursive: true, force: true })
})

test('serves a unix socket that only its owner may use, beside a port', async () => {
  const socket = join(dir, 'xds.sock')
  await xds.listen({ socket })
  const { port } = await xds.listen({ host: '127.0.0.1', port: 0 })
  expect((await stat(socket)).mode & 0o777).toBe(0o600)
  for (const target of [{ socket }, { port }]) {
    const one = new DeltaClient(target)
    one.subscribe('cluster')
    await one.until('the cluster', () => one.held('cluster')['a'] === '1')
    await one.close()
  }
})

test('a left-over socket file is replaced, one in use is not', async () => {
  const socket = join(dir, 'xds.sock')
  await writeFile(socket, '')
  await xds.listen({ socket })
  const other = createXds()
  await expect(other.listen({ socket })).rejects.toMatchObject({ code: 'EADDRINUSE', message: `another process listens on ${socket}` })
  const one = new DeltaClient({ socket })
  one.subscribe('cluster')
  await one.until('the cluster', () => one.held('cluster')['a'] === '1')
  await one.close()
})

test('a taken port is an error', async () => {
  const { port } = await xds.listen({ host: '127.0.0.1', port: 0 })
  await expect(createXds().listen({ host: '127.0.0.1', port })).rejects.toMatchObject({ code: 'EADDRINUSE' })
})

test('with a client CA only its clients are served', async () => {
  const { ca, server, client, stranger } = await certificates()
  const { port } = await xds.listen({ host: '127.0.0.1', port: 0 }, { ...server, clientCa: ca })
  const good = new DeltaClient({ port, tls: { ca, ...client } })
  good.subscribe('cluster')
  await good.until('the cluster', () => good.held('cluster')['a'] === '1')
  for (const tls of [{ ca }, { ca, ...stranger }]) {
    const one = new DeltaClient({ port, tls })
    one.subscribe('cluster')
    await one.until('the refusal', () => one.ended)
    expect(one.error).toBeDefined()
    expect(one.responses).toEqual([])
  }
  const plain = new DeltaClient({ port })
  plain.subscribe('cluster')
  await plain.until('the refusal', () => plain.ended)
  expect(plain.responses).toEqual([])
  expect(xds.status().proxies).toHaveLength(1)
  await good.close()
})

test('close ends every stream with OK, says GOAWAY and frees the port', async () => {
  const { port } = await xds.listen({ host: '127.0.0.1', port: await freePort() })
  const one = new DeltaClient({ port })
  one.subscribe('cluster')
  await one.until('the cluster', () => one.held('cluster')['a'] === '1')
  const session = connectHttp2(`http://127.0.0.1:${port}`)
  const goaway = once(session, 'goaway')
  await once(session, 'remoteSettings')
  await xds.close()
  await goaway
  session.destroy()
  await one.until('the end', () => one.ended)
  expect(one.error).toBeUndefined()
  xds = createXds()
  await xds.listen({ host: '127.0.0.1', port })
})

test('a restarted server with the same resources sends nothing again; another replica neither', async () => {
  const { port } = await xds.listen({ host: '127.0.0.1', port: await freePort() })
  const one = new DeltaClient({ port })
  one.subscribe('cluster')
  one.subscribe('endpoints', ['a'])
  await one.until('both', () => one.held('endpoints')['a'] === '1' && one.held('cluster')['a'] === '1')
  await xds.close()
  await one.until('the end', () => one.ended)
  const events: XdsEvent[] = []
  xds = createXds({ observe: (event) => events.push(event) })
  xds.publish(put(...service('a')))
  await xds.listen({ host: '127.0.0.1', port })
  const back = new DeltaClient({ port })
  back.subscribe('cluster', [], one.held('cluster'))
  back.subscribe('endpoints', ['a'], one.held('endpoints'))
  await back.fence()
  expect(back.of('cluster')).toEqual([])
  expect(back.of('endpoints')).toEqual([])
  expect(events.filter((event) => event.kind === 'pushed' && event.type !== 'runtime')).toEqual([])
  expect(xds.status().proxies[0]?.types.cluster).toMatchObject({ subscribed: 'all', wanted: { resources: 1 }, sent: 1, accepted: 1 })
  await back.close()
})
