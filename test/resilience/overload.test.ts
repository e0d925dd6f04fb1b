import { Agent, createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type EngineName, engineNames, type Engines, startEngines } from '../support/engines.ts'
import { send } from '../support/http.ts'
import { until } from '../support/until.ts'

const most = 24
/** They answer only while they have so many requests under way: who lets in fewer gets no answer. */
const enough = 20
/** Of so many answers the slow instance gives one. */
const pace = 20

/** What the three instances have not answered yet; the last one is slow. Time is counted in answers, so that it passes as fast as the machine allows. */
let held: readonly ServerResponse[][]
let hits: number[]
let answered: number
let wanted: number
let servers: readonly Server[]
let engines: Engines

const underWay = (): number => held.reduce((sum, queue) => sum + queue.length, 0)

function answerSome(): void {
  while (underWay() >= wanted && underWay() > 0) {
    const [one, two, slow] = held as [ServerResponse[], ServerResponse[], ServerResponse[]]
    const quick = one.length > two.length ? one : two
    const turn = answered++ % pace === pace - 1
    const queue = quick.length === 0 || (turn && slow.length > 0) ? slow : quick
    queue.shift()?.end('ok')
  }
}

async function startInstance(index: number): Promise<Server> {
  const server = createServer((_, response) => {
    hits[index] = (hits[index] ?? 0) + 1
    held[index]?.push(response)
    answerSome()
  })
  server.keepAliveTimeout = 0
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  server.unref()
  return server
}

beforeAll(async () => {
  servers = await Promise.all([0, 1, 2].map(startInstance))
  const endpoints = servers.map((server) => `"127.0.0.1:${(server.address() as AddressInfo).port}"`).join(', ')
  engines = await startEngines(
    (port) => `
version: 1
listeners: {public: {port: ${port}, address: 127.0.0.1}}
services:
  work:
    endpoints: [${endpoints}]
    balancing: {strategy: least-request, choices: 5}
    caps: {requests: ${most}, overflow: {retryAfter: 1s}}
routes:
  work: {match: {path: /*}, to: work, timeouts: {request: 200s}, retry: {attempts: 3, when: [5xx], backoff: {initial: 5ms}}}
`,
  )
})
afterAll(async () => {
  await engines.stop()
  for (const server of servers) {
    server.close()
    server.closeAllConnections()
  }
})
beforeEach(() => {
  held = [[], [], []]
  hits = [0, 0, 0]
  answered = 0
  wanted = enough
})

describe.each(engineNames)('three times too much on %s, one of three instances slow', (engine: EngineName) => {
  it('leaves most of what can be done, sheds the rest at once, and is over when it is over', async () => {
    const agent = new Agent({ keepAlive: true })
    const statuses: number[] = []
    let over = false
    // Three times as many callers as the services have room for. Whoever is refused asks again soon, as real callers do.
    const client = async (): Promise<void> => {
      while (!over) {
        const { status } = await send(engines.ports[engine], '/', { agent, timeoutMs: 200_000 })
        statuses.push(status)
        if (status !== 200) await delay(50)
      }
    }
    const clients = Promise.all(Array.from({ length: most * 3 }, client))
    await until('enough was done and shed', () => answered >= 400 && statuses.includes(503))
    over = true
    wanted = 1
    answerSome()
    await clients
    agent.destroy()
    const good = statuses.filter((status) => status === 200).length
    const [one = 0, two = 0, slow = 0] = hits
    expect(new Set(statuses)).toEqual(new Set([200, 503]))
    // What is shed is shed by the gateway: it neither reaches the services nor is tried again there.
    expect(one + two + slow).toBe(good)
    // The slow instance keeps no places from the others.
    expect(slow).toBeLessThan(good / 5)
    const after = await Promise.all(Array.from({ length: 9 }, () => send(engines.ports[engine], '/')))
    expect(after.map(({ status }) => status)).toEqual(Array.from({ length: 9 }, () => 200))
  })
})
