import { readFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { expect } from 'vitest'
import { type EngineName, type Engines, startEngines, tls } from '../support/engines.ts'
import { startLoad } from '../support/load.ts'
import { until } from '../support/until.ts'
import type { Attack, Flood } from './flood.ts'

/** Both engines, with a service that has large answers. */
export interface Stand {
  readonly engines: Engines
  /** Requests that reached the service. */
  hits(): number
  stop(): Promise<void>
}

/** A piece of a large answer of 8 MiB: small ones, so that the loop of this process is free for other clients in between. */
const piece = Buffer.alloc(65_536, 'x')

export async function startStand(): Promise<Stand> {
  let hits = 0
  const server: Server = createServer((request, response) => {
    hits++
    if (request.url !== '/large') return void response.end('ok')
    let left = 128
    const more = (): void => {
      if (left-- === 0) response.end()
      else if (response.write(piece)) setImmediate(more)
      else response.once('drain', more)
    }
    response.on('error', () => undefined)
    more()
  })
  server.keepAliveTimeout = 0
  await new Promise<void>((resolve) => server.listen({ port: 0, host: '127.0.0.1', backlog: 4_096 }, resolve))
  const engines = await startEngines(
    (port, secure) => `
version: 1
listeners:
  public: {port: ${port}, address: 127.0.0.1}
  secure: {port: ${secure}, address: 127.0.0.1, tls: ${tls}}
services: {app: {endpoints: ["127.0.0.1:${(server.address() as AddressInfo).port}"], caps: {requests: 100000, connections: 100000, pending: 100000}}}
routes: {all: {match: {path: /*}, to: app}}
`,
  )
  return {
    engines,
    hits: () => hits,
    stop: async () => {
      await engines.stop()
      server.closeAllConnections()
      server.close()
    },
  }
}

/** Processes that serve. */
async function processes({ engines }: Stand, engine: EngineName): Promise<readonly number[]> {
  return engine === 'envoy' ? [engines.envoy.process.pid ?? 0] : engines.nginx.workers()
}

/** Memory that processes really use, in MiB. */
async function resident(pids: readonly number[]): Promise<number> {
  const texts = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/status`, 'utf8')))
  return texts.reduce((sum, text) => sum + Number(/^VmRSS:\s+(\d+) kB/m.exec(text)?.[1] ?? 0) / 1024, 0)
}

/** What the admin side answers meanwhile. */
async function adminAnswers({ engines }: Stand, engine: EngineName): Promise<boolean> {
  return engine === 'envoy' ? (await engines.envoy.admin('/ready')).status === 200 : (await engines.nginx.status()).workers.length > 0
}

export interface Bounds {
  /** Frames or connections. */
  readonly size: number
  /** How long it goes on after all is sent. */
  readonly ms: number
  /** By how much the memory may grow meanwhile. */
  readonly growthMiB: number
  /** Wait until the gateway has ended one of the connections at least. */
  readonly mustEnd?: boolean
}

/** What became of it. */
export interface Outcome {
  readonly attack: Attack
  /** Requests of the other clients. */
  readonly requests: number
}

/** Lets a flood loose on an engine while other clients make requests: none of theirs fails, the processes stay the same, and memory is bounded. */
export async function flooded(stand: Stand, engine: EngineName, flood: Flood, { size, ms, growthMiB, mustEnd = false }: Bounds): Promise<Outcome> {
  const { ports, securePorts } = stand.engines
  const before = await processes(stand, engine)
  const [start, load] = [await resident(before), startLoad({ port: ports[engine], rate: 50, path: (index) => `/${index}` })]
  const attack = await flood.run({ plain: ports[engine], secure: securePorts[engine] }, size)
  await delay(ms)
  if (mustEnd) await until('the gateway ends a connection', () => attack.refused() > 0)
  const grown = (await resident(before)) - start
  const admin = await adminAnswers(stand, engine)
  const { requests, failures } = await load.stop()
  const after = await processes(stand, engine)
  attack.stop()
  expect(failures.slice(0, 5)).toEqual([])
  expect({ admin, processes: after }).toEqual({ admin: true, processes: before })
  expect(grown).toBeLessThan(growthMiB)
  return { attack, requests }
}
