import { setTimeout as delay } from 'node:timers/promises'
import { parentPort, workerData } from 'node:worker_threads'
import { KeepAlive } from './keep-alive.ts'

/** When the first 200 came, in nanoseconds of `process.hrtime`, and what was answered before it. */
export interface Arrival {
  readonly at: bigint
  readonly before: ReadonlyMap<number, number>
}

/**
 * Asks for the path that it is sent, once a millisecond on a kept connection, until a 200 comes. In a thread of its own: what the control plane
 * is busy with must not look like waiting for Envoy.
 */
const { port, host } = workerData as { readonly port: number; readonly host: string }
const client = new KeepAlive(port)

parentPort?.on('message', (path: string | undefined) => {
  if (path !== undefined) return void wait(path).then((arrival) => parentPort?.postMessage(arrival))
  client.close()
  parentPort?.close()
})

async function wait(path: string): Promise<Arrival> {
  const before = new Map<number, number>()
  for (;;) {
    const status = await client.get(path, host)
    if (status === 200) return { at: process.hrtime.bigint(), before }
    before.set(status, (before.get(status) ?? 0) + 1)
    // Probing without a pause would take the CPU that the change needs.
    await delay(1)
  }
}
