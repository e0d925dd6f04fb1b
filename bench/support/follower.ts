import { parentPort, workerData } from 'node:worker_threads'
import { DeltaClient, namesOf } from '../../test/xds/client.ts'

/** A response as it came, at a time of `process.hrtime`, in nanoseconds. */
export interface Arrived {
  readonly at: bigint
  readonly resources: number
  readonly bytes: number
}

/**
 * A proxy that asks for everything and accepts all of it, in a thread of its own: what it keeps of large messages must not count as the control
 * plane's memory, which decides how often Node collects garbage. Says `quiet` when nothing more comes, at first and whenever it is asked.
 */
const { socket, services } = workerData as { readonly socket: string; readonly services: readonly string[] }
const client = new DeltaClient({ socket }, { envoy: '1.40.0', seen: (response) => tell(response) })
for (const type of ['cluster', 'listener'] as const) client.subscribe(type)
client.subscribe('endpoints', [...services])
client.subscribe('routes', ['public'])
const held = (type: 'cluster' | 'endpoints' | 'routes'): number => client.state.get(type)?.size ?? 0
const whole = (): boolean => held('cluster') === services.length && held('endpoints') === services.length && held('routes') === 1
await client.until('everything', whole, 60_000)
await quiet()
parentPort?.on('message', (order: 'quiet' | 'stop') => void (order === 'quiet' ? quiet() : stop()))

function tell(response: Parameters<typeof namesOf>[0]): void {
  const at = process.hrtime.bigint()
  if (namesOf(response).some((name) => name.startsWith('-fence'))) return
  const bytes = response.resources.reduce((sum, { resource }) => sum + (resource?.value.length ?? 0), 0)
  parentPort?.postMessage({ at, resources: response.resources.length, bytes } satisfies Arrived)
}

/** A cold start ends with endpoints that are sent again for clusters that were accepted. */
async function quiet(): Promise<void> {
  for (let before = -1; before !== client.responses.length;) {
    await client.fence()
    before = client.responses.length
    await new Promise((resolve) => setTimeout(resolve, 500))
  }
  client.responses.length = 0
  parentPort?.postMessage('quiet')
}

async function stop(): Promise<void> {
  await client.close()
  parentPort?.close()
}
