import { type Compiled, Compiler, type CompileOptions, type Good } from './compile.ts'
import { features as allFeatures } from './features/index.ts'
import { Publisher } from './live/publisher.ts'
import { systemClock } from './xds/clock.ts'
import type { PublishReceipt } from './xds/settle.ts'
import { createXds, type Xds } from './xds/xds.ts'

export interface ServeOptions extends CompileOptions {
  /** The root file. */
  readonly config: string
}

/** How the last look at the files ended. */
export interface Outcome {
  /** Milliseconds since 1970. */
  readonly at: number
  readonly compiled: Compiled
  /** What was sent; undefined when the files are not usable and the last good state stays. */
  readonly receipt: PublishReceipt | undefined
}

/** A control plane that follows one root file. */
export interface Serving {
  readonly xds: Xds
  readonly publisher: Publisher
  /** What the proxies are given now. */
  readonly good: Good | undefined
  readonly last: Outcome
  /** Reads the files again and publishes the difference, if they are usable. */
  reload(): Promise<Outcome>
  close(): Promise<void>
}

/** Compiles, publishes, and goes on doing so; the caller opens ports with `xds.listen`. */
export async function serve(options: ServeOptions): Promise<Serving> {
  const compiler = new Compiler(options.config, options)
  const xds = createXds()
  const publisher = new Publisher(xds, options.features ?? allFeatures, compiler.emitter, systemClock)
  let good: Good | undefined
  const look = async (): Promise<Outcome> => {
    const compiled = await compiler.compile()
    const receipt = compiled.good && publisher.publish(compiled.good.gateway, compiled.good.resources)
    good = compiled.good ?? good
    return { at: systemClock.now(), compiled, receipt }
  }
  let last = await look()
  return {
    xds,
    publisher,
    get good() {
      return good
    },
    get last() {
      return last
    },
    async reload() {
      last = await look()
      return last
    },
    async close() {
      publisher.close()
      await xds.close()
    },
  }
}
