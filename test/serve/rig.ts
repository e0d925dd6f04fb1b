import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bootstrap } from '../../src/envoy/bootstrap.ts'
import { serve, type ServeOptions, type Serving } from '../../src/serve.ts'
import type { PublishReceipt } from '../../src/live/fleet.ts'
import { startEnvoy, type TestEnvoy } from '../support/envoy.ts'
import { freePort } from '../support/free-port.ts'
import { save } from './save.ts'

/** A followed file, a control plane in this process, and a real Envoy behind it. */
export interface Rig extends AsyncDisposable {
  readonly config: string
  readonly port: number
  readonly serving: Serving
  readonly envoy: TestEnvoy
  /** Saves the file as an editor does; resolves when what it says is published. */
  save(text: string): Promise<PublishReceipt>
  /** Saves, and waits until every proxy has taken what it says. */
  apply(text: string): Promise<void>
}

/** What Envoy needs to find a control plane on a unix socket. */
export function bootstrapFor(socket: string): (admin: string) => string {
  return (admin) => bootstrap({ nodeId: 'edge-1', nodeCluster: 'test', xds: { type: 'pipe', path: socket }, admin: { type: 'pipe', path: admin } })
}

/** Starts all three; `text` gets the port of the listener. */
export async function startRig(text: (port: number) => string, options: Partial<ServeOptions> = {}): Promise<Rig> {
  const dir = await mkdtemp(join(tmpdir(), 'sluice-rig-'))
  const port = await freePort()
  const config = join(dir, 'gateway.yaml')
  await writeFile(config, text(port))
  const serving = await serve({ config, env: {}, watch: false, ...options })
  const socket = join(dir, 'xds.sock')
  await serving.xds.listen({ socket })
  const envoy = await startEnvoy({ bootstrap: bootstrapFor(socket) })
  return {
    config,
    port,
    serving,
    envoy,
    save: (next) => save(config, serving, next),
    async apply(next) {
      const { complete, rejected } = await serving.fleet.settled(await save(config, serving, next), { timeoutMs: 60_000 })
      if (!complete) throw new Error(`not every proxy has taken it: ${JSON.stringify(rejected)}`)
    },
    async [Symbol.asyncDispose]() {
      await envoy.stop()
      await serving.close()
      await rm(dir, { recursive: true, force: true })
    },
  }
}
