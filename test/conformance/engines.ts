import { EnvoyEmitter } from '../../src/envoy/emit.ts'
import type { Feature } from '../../src/feature.ts'
import { Ranking } from '../../src/model/rank-listeners.ts'
import type { TestEnvoy } from '../support/envoy.ts'
import { freePort } from '../support/free-port.ts'
import { forNginx, startNginx, type TestNginx } from '../support/nginx.ts'
import { startStaticEnvoy } from '../support/static-envoy.ts'
import { startBackends } from './backends.ts'
import type { Case, Engine } from './cases.ts'
import { merge, type Merged } from './merge.ts'
import type { Running } from './play.ts'

/** A live engine with one gateway made of all cases that it takes. */
export interface Live extends Running {
  readonly cases: readonly Case[]
  /** What the engine wrote. */
  output(): string
  stop(): Promise<void>
}

/** Starts one process for all cases that the engine does not refuse. `features` can differ from those that the cases were read with: that plants a difference. */
export async function startEngine(engine: Engine, all: readonly Case[], features: readonly Feature[]): Promise<Live> {
  const cases = all.filter((one) => !one.refusals.has(engine))
  const backends = await startBackends(cases)
  const content = new Map(cases.flatMap((one) => [...one.content]))
  const read = (key: string): Uint8Array => content.get(key) ?? new Uint8Array()
  const start = engine === 'envoy' ? envoy : nginx
  const once = async (): Promise<{ merged: Merged; started: TestEnvoy | TestNginx }> => {
    const merged = await merge(cases, (one, service, written) => backends.place(one, service, written), freePort)
    return { merged, started: await start(merged, features, read) }
  }
  // A port that was free may have become the near end of somebody's connection; other ports will do.
  const { merged, started } = await once()
    .catch(once)
    .catch(async (error: unknown) => {
      await backends.close()
      throw error
    })
  return {
    engine,
    merged,
    backends,
    cases,
    output: () => started.output(),
    stop: async () => void (await Promise.all([started.stop(), backends.close()])),
  }
}

async function envoy({ gateway }: Merged, features: readonly Feature[], read: (key: string) => Uint8Array) {
  const at = () => ({ file: 'conformance', path: [], side: 'value' as const })
  const { made, diagnostics } = new EnvoyEmitter(features).emit(gateway, new Ranking().rank(gateway), at, read)
  if (diagnostics.length > 0) throw new Error(diagnostics.map(({ message }) => message).join('\n'))
  return startStaticEnvoy(made)
}

async function nginx({ gateway }: Merged, features: readonly Feature[], read: (key: string) => Uint8Array) {
  return startNginx(forNginx(gateway, new Ranking().rank(gateway), read, features))
}
