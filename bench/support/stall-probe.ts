import { Agent, request } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { parentPort, workerData } from 'node:worker_threads'
import { threadMicros } from './process-time.ts'

/** How long an answer took, and the CPU time of Envoy's main thread meanwhile, in milliseconds: what is more than that was waiting, the probe's or Envoy's. */
export interface Stall {
  readonly ms: number
  readonly busyMs: number
}

/**
 * Asks Envoy's main thread for /ready every 5 ms from a thread of its own; tells how long the answers took when it is asked to stop.
 * Over one connection: a new one would wait for two turns of Envoy's loop, one that accepts it and one that reads from it.
 */
const { socketPath, pid } = workerData as { readonly socketPath: string; readonly pid: number }
const agent = new Agent({ keepAlive: true, maxSockets: 1 })
const stalls: Stall[] = []
let running = true
parentPort?.once('message', () => (running = false))

while (running) {
  const cpu = threadMicros(pid)
  const start = performance.now()
  await ask()
  stalls.push({ ms: performance.now() - start, busyMs: (threadMicros(pid) - cpu) / 1000 })
  await delay(5)
}
agent.destroy()
parentPort?.postMessage(stalls)

function ask(): Promise<void> {
  return new Promise((resolve, reject) => {
    const sent = request({ socketPath, path: '/ready', agent }, (response) => {
      response.resume()
      response.on('end', resolve)
    })
    sent.on('error', reject)
    sent.end()
  })
}
