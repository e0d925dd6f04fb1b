import { type Rig, startRig } from '../serve/rig.ts'
import type { EngineName } from './engines.ts'
import { freePort } from './free-port.ts'
import { type Call, type Reply, send } from './http.ts'
import { compileText, startNginx, type TestNginx } from './nginx.ts'

/** One gateway.yaml on a live Envoy and on a live nginx. */
export interface BothEngines extends AsyncDisposable {
  readonly rig: Rig
  readonly nginx: TestNginx
  port(engine: EngineName): number
  send(engine: EngineName, path: string, call?: Call): Promise<Reply>
  /** Resolves when the engine serves what the text says. */
  apply(engine: EngineName, text: (port: number) => string): Promise<void>
}

/** Starts both; `text` gets the port of the listener. */
export async function startBoth(text: (port: number) => string): Promise<BothEngines> {
  const rig = await startRig(text)
  const port = await freePort()
  const nginx = await startNginx(await compileText(text(port))).catch(async (error: unknown) => {
    await rig[Symbol.asyncDispose]()
    throw error
  })
  const ports: Record<EngineName, number> = { envoy: rig.port, nginx: port }
  return {
    rig,
    nginx,
    port: (engine) => ports[engine],
    send: (engine, path, call) => send(ports[engine], path, call),
    apply: async (engine, next) => {
      if (engine === 'envoy') return rig.apply(next(rig.port))
      const reply = await nginx.put((await compileText(next(port))).state)
      if (reply.status !== 200) throw new Error(`nginx does not take it: ${reply.body}`)
    },
    [Symbol.asyncDispose]: async () => {
      await nginx.stop()
      await rig[Symbol.asyncDispose]()
    },
  }
}
