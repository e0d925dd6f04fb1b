import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Compiler, type Good } from '../../src/compile.ts'
import { bootstrap } from '../../src/envoy/bootstrap.ts'
import { features } from '../../src/features/index.ts'
import { XdsPublisher } from '../../src/live/xds-publisher.ts'
import { systemClock } from '../../src/xds/clock.ts'
import type { PublishReceipt } from '../../src/xds/settle.ts'
import { createXds, type Xds } from '../../src/xds/xds.ts'
import { type Size, writeLargeSystem } from '../large-system.ts'

/** A generated gateway, compiled and published on a unix socket. */
export interface LiveSystem {
  readonly dir: string
  readonly socket: string
  readonly xds: Xds
  readonly publisher: XdsPublisher
  readonly good: Good
  readonly receipt: PublishReceipt
  /** Compiles the files as they are now. Throws on a finding. */
  compile(): Promise<Good>
  /** Bootstrap of a proxy that follows this system. */
  bootstrap(adminSocket: string): string
  close(): Promise<void>
}

export async function startSystem(size: Size): Promise<LiveSystem> {
  const dir = mkdtempSync(join(tmpdir(), 'sluice-bench-'))
  const root = writeLargeSystem(dir, size)
  const compiler = new Compiler(root, { env: {} })
  const compile = async (): Promise<Good> => {
    const { good, diagnostics } = await compiler.compile()
    if (!good) throw new Error(diagnostics.map(({ message }) => message).join('\n'))
    return good
  }
  const good = await compile()
  const xds = createXds()
  const publisher = new XdsPublisher(xds, features, compiler.emitter, systemClock)
  const receipt = publisher.publish(good)
  const socket = join(dir, 'xds.sock')
  await xds.listen({ socket })
  return {
    ...{ dir, socket, xds, publisher, good, receipt, compile },
    bootstrap: (path) => bootstrap({ nodeId: 'bench', nodeCluster: 'bench', xds: { type: 'pipe', path: socket }, admin: { type: 'pipe', path } }),
    close: async () => {
      publisher.close()
      await xds.close()
      rmSync(dir, { recursive: true, force: true })
    },
  }
}

/** Waits until every connected proxy has answered; throws when one refused something or gave no answer. */
export async function accepted(xds: Xds, receipt: PublishReceipt, timeoutMs = 60_000): Promise<void> {
  const { complete, rejected, answered } = await xds.settled(receipt, { timeoutMs })
  if (!complete || rejected.length > 0 || answered === 0) throw new Error(`not accepted: ${JSON.stringify({ complete, rejected, answered })}`)
}
