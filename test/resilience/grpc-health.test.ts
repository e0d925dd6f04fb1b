import { createServer, type Http2Server } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type EngineName, engineNames, type Engines, startEngines } from '../support/engines.ts'
import { send } from '../support/http.ts'
import { probedGrpc, type Probed, probedTcp } from '../support/probed.ts'
import { until } from '../support/until.ts'

type Grpc = Awaited<ReturnType<typeof probedGrpc>>
const servers = {} as Record<EngineName, { readonly well: Grpc; readonly whole: Grpc; readonly other: Probed; readonly unknown: Unknown }>
const long = `shop.${'Orders'.repeat(40)}`
let engines: Engines

interface Unknown {
  readonly server: Http2Server
  asked: number
}

/** Speaks gRPC, but knows no health protocol: it sends no message, only the status UNIMPLEMENTED. */
async function withoutHealth(): Promise<Unknown> {
  const server = createServer()
  const one = { server, asked: 0 }
  server.on('stream', (stream) => {
    one.asked++
    stream.on('error', () => {})
    stream.respond({ ':status': 200, 'content-type': 'application/grpc', 'grpc-status': '12' }, { endStream: true })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return one
}

beforeAll(async () => {
  for (const name of engineNames) {
    servers[name] = { well: await probedGrpc(), whole: await probedGrpc(), other: await probedTcp(), unknown: await withoutHealth() }
  }
  const list = engineNames.map((name) => servers[name])
  engines = await startEngines((port) => {
    const { well, whole, other, unknown } = list.shift() as (typeof servers)[EngineName]
    const often = 'interval: 60ms, timeout: 30s, unhealthyAfter: 2, healthyAfter: 2'
    const service = (port: number, about: string): string =>
      `{endpoints: ["127.0.0.1:${port}"], protocol: grpc, healthCheck: {grpc: {${about}}, ${often}}}`
    return `
version: 1
listeners: {public: {port: ${port}, address: 127.0.0.1}}
services:
  well: ${service(well.port, `service: ${long}`)}
  whole: ${service(whole.port, '')}
  other: ${service(other.port, '')}
  unknown: ${service((unknown.server.address() as AddressInfo).port, '')}
routes:
${['well', 'whole', 'other', 'unknown'].map((name) => `  ${name}: {match: {path: /${name}/*}, to: ${name}}`).join('\n')}
`
  })
})
afterAll(async () => {
  await engines.stop()
  for (const { well, whole, other, unknown } of Object.values(servers)) {
    for (const one of [well, whole, other]) one.close()
    unknown.server.close()
  }
})

describe.each(engineNames)('the gRPC health protocol on %s', (engine) => {
  const call = async (name: string): Promise<unknown> => {
    const { headers } = await send(engines.ports[engine], `/${name}/Get`, {
      method: 'POST',
      headers: { 'content-type': 'application/grpc', te: 'trailers' },
    })
    return headers['grpc-status']
  }

  it('takes an endpoint out that says NOT_SERVING, and takes it back', async () => {
    const { well, whole } = servers[engine]
    await until('it serves', async () => (await call('well')) === undefined)
    expect([well.service.endsWith(long), whole.service]).toEqual([true, ''])
    well.well = false
    await until('it is out', async () => (await call('well')) === '14')
    const { served } = well
    for (let index = 0; index < 3; index++) expect(await call('well')).toBe('14')
    expect(well.served).toBe(served)
    well.well = true
    await until('it is back', async () => (await call('well')) === undefined)
    expect(await call('whole')).toBeUndefined()
  })

  it('takes no answer but SERVING for health', async () => {
    const { unknown } = servers[engine]
    await until('it was asked a few times', () => unknown.asked > 3)
    await until('both are out', async () => (await call('unknown')) === '14' && (await call('other')) === '14')
    expect([await call('unknown'), await call('other')]).toEqual(['14', '14'])
    // And is asked at its interval, as one that is well.
    await until('it is not asked without a pause', async () => {
      const [before, beside] = [unknown.asked, servers[engine].whole.asked]
      await until('the other was asked a few times', () => servers[engine].whole.asked >= beside + 5)
      return unknown.asked - before <= 10
    })
  })
})

it('says nothing of it in the log of nginx', () => expect(engines.nginx.output()).not.toMatch(/\[error\].*lua|traceback|\[crit\]/))
