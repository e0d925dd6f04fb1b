import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { installNginx } from '../../src/engine/nginx-install.ts'
import { nginxSite } from '../../src/engine/nginx-site.ts'
import { type NginxSupervisor, superviseNginx } from '../../src/engine/nginx-supervise.ts'
import type { PublishReceipt, Settled } from '../../src/live/fleet.ts'
import { readRuntimeFiles } from '../../src/nginx/runtime-files.ts'
import { type NginxServing, serveNginx, type ServeNginxOptions } from '../../src/serve-nginx.ts'
import { freePort } from '../support/free-port.ts'
import { until } from '../support/until.ts'
import { save } from './save.ts'

/** How long requests under way may take when nginx is reloaded or stopped, in milliseconds. */
export const drainMs = 3_000

/** A followed file, a control plane in this process, and a real nginx that it runs. */
export interface NginxRig extends AsyncDisposable {
  readonly config: string
  readonly dir: string
  readonly port: number
  readonly serving: NginxServing
  readonly nginx: NginxSupervisor
  readonly lines: readonly string[]
  /** Saves the file as an editor does; resolves when what it says is published. */
  save(text: string): Promise<PublishReceipt>
  /** Saves, and waits until every worker has taken what it says. */
  apply(text: string): Promise<Settled>
  workers(): Promise<number[]>
}

/** Starts all three; `text` gets the port of the listener. */
export async function startNginxRig(
  text: (port: number) => string,
  options: Partial<ServeNginxOptions> = {},
  place: (dir: string) => Promise<string> = (dir) => Promise.resolve(join(dir, 'nginx')),
): Promise<NginxRig> {
  const root = await mkdtemp(join(tmpdir(), 'sluice-rig-'))
  const port = await freePort()
  const config = join(root, 'gateway.yaml')
  await writeFile(config, text(port))
  const [binary, runtime, dir] = await Promise.all([installNginx(), readRuntimeFiles(), place(root)])
  const lines: string[] = []
  const site = nginxSite({ dir, binary, runtime, workers: 2, drainMs, ...(process.getuid?.() === 0 && { user: 'root' }) })
  const serving = await serveNginx({ config, env: {}, watch: false, site, host: 'test', writes: false, ...options })
  const verdict = await serving.publisher.prepare()
  if (!verdict.ok) throw new Error(verdict.message)
  const nginx = await superviseNginx({
    ...{ binary, dir, runDir: join(root, 'run'), drainMs, backoff: { initialMs: 50 } },
    ports: () => [{ listener: 'public', address: '0.0.0.0', port }],
    log: (line) => lines.push(line),
  })
  serving.publisher.begin()
  await nginx.ready()
  await until('the workers are known', () => serving.publisher.ready)
  return {
    ...{ config, dir, port, serving, nginx, lines },
    save: (next) => save(config, serving, next),
    apply: async (next) => serving.fleet.settled(await save(config, serving, next), { timeoutMs: 60_000 }),
    async workers() {
      const text = await readFile(`/proc/${nginx.pid ?? 0}/task/${nginx.pid ?? 0}/children`, 'utf8')
      return text.trim().split(' ').filter(Boolean).map(Number)
    },
    async [Symbol.asyncDispose]() {
      await nginx.stop()
      await serving.close()
      await rm(root, { recursive: true, force: true })
    },
  }
}
