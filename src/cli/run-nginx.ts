import { join } from 'node:path'
import { installNginx } from '../engine/nginx-install.ts'
import { nginxSite } from '../engine/nginx-site.ts'
import { superviseNginx } from '../engine/nginx-supervise.ts'
import { readRuntimeFiles } from '../nginx/runtime-files.ts'
import { startNginxPlane } from './control-plane.ts'
import { exit, Stop } from './exit.ts'
import { count, type OwnProxy, relay, type RunCx, type RunEngine, stateOf } from './own-proxy.ts'

/** Directory of the tree, below that of the run. */
export const treeName = 'nginx'

/** A control plane with an nginx of its own. */
export async function nginxEngine({ io, file, runDir, options, log }: RunCx): Promise<RunEngine> {
  const binary = await installNginx((line) => log.say('info', line), io.env)
  const dir = join(runDir, treeName)
  const site = nginxSite({
    dir,
    binary,
    runtime: await readRuntimeFiles(),
    drainMs: options.drain,
    ...(options.concurrency !== undefined && { workers: options.concurrency }),
    // Workers keep the last good document in a directory of this user.
    ...(process.getuid?.() === 0 && { user: 'root' }),
  })
  const plane = await startNginxPlane(io, file, { site, writes: false }, options, log)
  const { serving } = plane
  const { publisher } = serving
  const start = async (): Promise<OwnProxy> => {
    const verdict = await publisher.prepare()
    if (!verdict.ok) throw new Stop(exit.findings, `nginx refuses the configuration: ${verdict.message}`)
    const proxy = await superviseNginx({
      binary,
      runDir,
      dir,
      ports: () => [...serving.good.gateway.listeners.values()].map(({ name, address, port }) => ({ listener: name, address, port })),
      log: (line) => relay(log, line),
      drainMs: options.drain,
    })
    publisher.begin()
    return {
      get pid() {
        return proxy.pid
      },
      ready: async () => {
        await proxy.ready()
        await publisher.first()
      },
      isReady: () => Promise.resolve(publisher.ready),
      engine: () => ({
        ...stateOf(proxy.pid, count(proxy.restarts, 'restart'), count(publisher.reloads, 'reload')),
        sickEndpoints: () => proxy.admin.sick(),
        metrics: () => proxy.admin.metrics(),
      }),
      stop: () => proxy.stop(),
    }
  }
  return { plane, others: [], start }
}
