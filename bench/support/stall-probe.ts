import { Agent, request } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { parentPort, workerData } from 'node:worker_threads'

/**
 * Asks Envoy's main thread for /ready every 5 ms from a thread of its own; tells how long the answers took when it is asked to stop.
 * Over one connection: a new one would wait for two turns of Envoy's loop, one that accepts it and one that reads from it.
 */
const { socketPath } = workerData as { readonly socketPath: string }
const agent = new Agent({ keepAlive: true, maxSockets: 1 })
const times: number[] = []
let running = true
parentPort?.once('message', () => (running = false))

while (running) {
  const start = performance.now()
  await ask()
  times.push(performance.now() - start)
  await delay(5)
}
agent.destroy()
parentPort?.postMessage(times)

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
