import { request } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { parentPort, workerData } from 'node:worker_threads'

/** Asks Envoy's main thread for /ready every 5 ms from a thread of its own; tells how long the answers took when it is asked to stop. */
const { socketPath } = workerData as { readonly socketPath: string }
const times: number[] = []
let running = true
parentPort?.once('message', () => (running = false))

while (running) {
  const start = performance.now()
  await ask()
  times.push(performance.now() - start)
  await delay(5)
}
parentPort?.postMessage(times)

function ask(): Promise<void> {
  return new Promise((resolve, reject) => {
    const sent = request({ socketPath, path: '/ready', agent: false }, (response) => {
      response.resume()
      response.on('end', resolve)
    })
    sent.on('error', reject)
    sent.end()
  })
}
