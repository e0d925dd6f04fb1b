import { hostname } from 'node:os'
import { join } from 'node:path'
import { installEnvoy } from '../engine/install.ts'
import { sharedSickEndpoints } from '../engine/sick-endpoints.ts'
import { supervise } from '../engine/supervise.ts'
import { bootstrap } from '../envoy/bootstrap.ts'
import { startControlPlane } from './control-plane.ts'
import { count, type OwnProxy, relay, type RunCx, type RunEngine, stateOf } from './own-proxy.ts'

/** How long Envoy may take for the page of all its metrics: with 10,000 services it has some 10 MB. */
const metricsPatienceMs = 10_000

/** A control plane with an Envoy of its own behind a unix socket. */
export async function envoyEngine({ io, file, runDir, options, log }: RunCx): Promise<RunEngine> {
  // Its own proxy never needs a certificate, and so is not cut off by one that does not fit.
  const socket = join(runDir, 'xds.sock')
  const plane = await startControlPlane(io, file, [{ socket }, ...(options.xds ? [options.xds] : [])], options, log)
  const start = async (): Promise<OwnProxy> => {
    const { path, warning } = await installEnvoy((line) => log.say('info', line), io.env)
    if (warning !== undefined) log.say('warn', warning)
    const { gateway } = plane.serving.good
    const proxy = await supervise({
      binary: path,
      runDir,
      bootstrap: (adminSocket) =>
        bootstrap({
          nodeId: hostname(),
          nodeCluster: gateway.name,
          xds: { type: 'pipe', path: socket },
          admin: { type: 'pipe', path: adminSocket },
        }),
      ports: [...gateway.listeners.values()].map(({ name, address, port }) => ({ listener: name, address, port })),
      log: (line) => relay(log, line),
      drainMs: options.drain,
      ...(options.concurrency !== undefined && { concurrency: options.concurrency }),
    })
    const sickEndpoints = sharedSickEndpoints(proxy.admin)
    return {
      get pid() {
        return proxy.pid
      },
      ready: () => proxy.ready(),
      isReady: () => proxy.admin.ready(),
      engine: () => ({
        ...stateOf(proxy.pid, count(proxy.restarts, 'restart')),
        sickEndpoints,
        metrics: () => proxy.admin.read('/stats/prometheus', metricsPatienceMs),
      }),
      stop: () => proxy.stop(),
    }
  }
  return { plane, others: plane.addresses.slice(1), start }
}
