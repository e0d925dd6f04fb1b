/**
 * `npm start`: six sample backends as processes of their own, then the gateway that gateway.yaml describes.
 * Ctrl-C stops everything; if this process is killed, everything that it started ends by itself.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { installEnvoy } from '../../src/engine/install.ts'
import { PortTaken } from '../../src/engine/port-check.ts'
import { supervise, type Supervisor } from '../../src/engine/supervise.ts'
import { bootstrap } from '../../src/envoy/bootstrap.ts'
import { serve } from '../../src/serve.ts'
import { Backends } from './backends.ts'
import { guide, restart } from './guide.ts'
import { instancesOf, isLocal } from './instances.ts'

const say = (line: string): void => void process.stderr.write(`${line}\n`)
const gatewayPort = Number(process.env['GATEWAY_PORT'] || 8080)
const backends = new Backends((instance, how) => say(`${instance.name} ended (${how}); start it again: ${restart(instance)}`))
const stopping = new AbortController()
process.on('SIGINT', () => stopping.abort())
process.on('SIGTERM', () => stopping.abort())

try {
  await run()
} catch (error) {
  say(`error: ${error instanceof Error ? error.message : String(error)}`)
  if (error instanceof PortTaken) say(`choose another: GATEWAY_PORT=${gatewayPort + 1} npm start`)
  process.exitCode = 1
} finally {
  await backends.stop()
}

async function run(): Promise<void> {
  const { path } = await installEnvoy(say)
  const instances = instancesOf(process.env)
  await backends.start(instances.filter(isLocal))
  const dir = await mkdtemp(join(tmpdir(), 'alt-las-'))
  const serving = await serve({ config: 'gateway.yaml' })
  const socket = join(dir, 'xds.sock')
  let envoy: Supervisor | undefined
  try {
    await serving.xds.listen({ socket })
    envoy = await supervise({
      binary: path,
      runDir: join(dir, 'envoy'),
      bootstrap: (admin) =>
        bootstrap({ nodeId: 'alt-las', nodeCluster: 'alt-las', xds: { type: 'pipe', path: socket }, admin: { type: 'pipe', path: admin } }),
      ports: [{ listener: 'public', address: '0.0.0.0', port: gatewayPort }],
      log: say,
    })
    await envoy.ready()
    const rows = instances.map((instance) => ({
      name: instance.name,
      where: `${instance.host}:${instance.port}`,
      pid: backends.pidOf(instance) ?? 'elsewhere',
    }))
    const [example] = instances
    if (example)
      process.stdout.write(
        guide([{ name: 'envoy', where: `http://127.0.0.1:${gatewayPort}`, pid: envoy.pid ?? '' }, ...rows], gatewayPort, {
          ...example,
          pid: backends.pidOf(example),
        }),
      )
    while (!stopping.signal.aborted) await delay(3_600_000, undefined, { signal: stopping.signal }).catch(() => undefined)
  } finally {
    await envoy?.stop()
    await serving.close()
    await rm(dir, { recursive: true, force: true })
  }
}
