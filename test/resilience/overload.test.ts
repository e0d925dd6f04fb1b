import { Agent, createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type EngineName, engineNames, type Engines, startEngines } from '../support/engines.ts'
import { send } from '../support/http.ts'
import { until } from '../support/until.ts'

/** A backend that works on two requests at once; others wait their turn, however long. */
interface Worker {
  readonly port: number
  hits: number
  waiting(): number
  readonly server: Server
}

async function startWorker(ms: number): Promise<Worker> {
  const queue: (() => void)[] = []
  let busy = 0
  const next = (): void => {
    const work = queue.shift()
    if (!work) return
    busy++
    setTimeout(() => {
      busy--
      work()
      next()
    }, ms)
  }
  const server = createServer((_, response) => {
    worker.hits++
    queue.push(() => response.end('ok'))
    if (busy < 2) next()
  })
  server.keepAliveTimeout = 0
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  server.unref()
  const worker = { port: (server.address() as AddressInfo).port, hits: 0, waiting: () => queue.length, server }
  return worker
}

let workers: Worker[]
let engines: Engines

beforeAll(async () => {
  workers = await Promise.all([40, 40, 400].map(startWorker))
  engines = await startEngines(
    (port) => `
version: 1
listeners: {public: {port: ${port}, address: 127.0.0.1}}
services:
  work:
    endpoints: [${workers.map(({ port: at }) => `"127.0.0.1:${at}"`).join(', ')}]
    balancing: least-request
    caps: {requests: 24, overflow: {retryAfter: 1s}}
routes:
  work: {match: {path: /*}, to: work, timeouts: {request: 8s}, retry: {attempts: 3, when: [5xx], backoff: {initial: 5ms}}}
`,
  )
})
afterAll(async () => {
  await engines.stop()
  for (const { server } of workers) {
    server.close()
    server.closeAllConnections()
  }
})

/** Answers per second that the three give to twelve clients who ask them directly, four each: what they can do on this machine now. */
async function capacity(seconds: number): Promise<number> {
  const ends = Date.now() + seconds * 1_000
  let good = 0
  const agent = new Agent({ keepAlive: true })
  const client = async (port: number): Promise<void> => {
    while (Date.now() < ends) if ((await send(port, '/', { agent })).status === 200 && Date.now() < ends) good++
  }
  await Promise.all(workers.flatMap(({ port }) => Array.from({ length: 4 }, () => client(port))))
  agent.destroy()
  return good / seconds
}

describe.each(engineNames)('three times too much on %s, one of three instances slow', (engine: EngineName) => {
  it('leaves most of what can be done, sheds the rest at once, and is over when it is over', async () => {
    const able = await capacity(1)
    for (const worker of workers) worker.hits = 0
    const agent = new Agent({ keepAlive: true })
    const statuses: number[] = []
    const seconds = 2
    const ends = Date.now() + seconds * 1_000
    // Three times as many callers as the services have room for. Whoever is refused asks again soon, as real callers do.
    const client = async (): Promise<void> => {
      while (Date.now() < ends) {
        const { status } = await send(engines.ports[engine], '/', { agent })
        statuses.push(status)
        if (status !== 200) await delay(50)
      }
    }
    await Promise.all(Array.from({ length: 72 }, client))
    agent.destroy()
    const good = statuses.filter((status) => status === 200).length
    const hits = workers.reduce((sum, worker) => sum + worker.hits, 0)
    expect(new Set(statuses)).toEqual(new Set([200, 503]))
    expect(good).toBeGreaterThanOrEqual(able * seconds * 0.8)
    // What is shed is shed by the gateway: it neither reaches the services nor is tried again there.
    expect(hits).toBeLessThanOrEqual(good * 1.2)
    await until('nothing waits', () => workers.every((worker) => worker.waiting() === 0))
    const after = await Promise.all(Array.from({ length: 9 }, () => send(engines.ports[engine], '/')))
    expect(after.map(({ status }) => status)).toEqual(Array.from({ length: 9 }, () => 200))
  })
})
