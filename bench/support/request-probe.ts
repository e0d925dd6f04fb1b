import { setTimeout as delay } from 'node:timers/promises'
import { parentPort, workerData } from 'node:worker_threads'
import { KeepAlive } from './keep-alive.ts'

/** Asks every 2 ms on each of some connections from a thread of its own; tells how long the answers took, and how many failed, when it is asked to stop. */
const { port, host, path, connections } = workerData as {
  readonly port: number
  readonly host: string
  readonly path: string
  readonly connections: number
}
const times: number[] = []
let failed = 0
let running = true

parentPort?.once('message', () => (running = false))
const clients = Array.from({ length: connections }, () => new KeepAlive(port))
for (const client of clients) await client.get(path, host)
parentPort?.postMessage('ready')
await Promise.all(clients.map(lane))
parentPort?.postMessage({ times, failed })

async function lane(client: KeepAlive): Promise<void> {
  while (running) {
    const start = performance.now()
    const status = await client.get(path, host).catch(() => 0)
    if (status !== 200) failed++
    times.push(performance.now() - start)
    await delay(2)
  }
  client.close()
}
