import { type ChildProcess, spawn } from 'node:child_process'
import { rmSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { envoyArguments } from '../../src/engine/envoy-arguments.ts'
import { installEnvoy } from '../../src/engine/install.ts'
import { guardChild } from '../../src/engine/parent-guard.ts'
import { type Reply, send } from './http.ts'
import { until } from './until.ts'

/** A real Envoy for one test file. */
export interface TestEnvoy {
  readonly process: ChildProcess
  /** Directory of this Envoy; its admin socket is `admin.sock` in there. */
  readonly dir: string
  /** Everything it wrote: log lines and access log. */
  output(): string
  /** A request to the admin interface; POST unless the path only reads. */
  admin(path: string, method?: 'GET' | 'POST'): Promise<Reply>
  /** Value of a counter or gauge; 0 when it was never created. */
  stat(name: string): Promise<number>
  stop(): Promise<void>
}

export interface TestEnvoyOptions {
  /** Bootstrap text for the admin socket path that it is given. */
  readonly bootstrap: (adminSocket: string, dir: string) => string
  /** Wait until `/ready` answers 200; default true. Say false when the control plane is not there yet. */
  readonly ready?: boolean
  readonly logLevel?: 'debug' | 'info' | 'warning'
}

/** Starts Envoy with one worker; it dies with the process of the test file at the latest. Throws with Envoy's output when it exits instead of becoming ready. */
export async function startEnvoy(options: TestEnvoyOptions): Promise<TestEnvoy> {
  const binary = await installEnvoy()
  const dir = await mkdtemp(join(tmpdir(), 'sluice-envoy-'))
  const socketPath = join(dir, 'admin.sock')
  const configPath = join(dir, 'envoy.json')
  await writeFile(configPath, options.bootstrap(socketPath, dir), { mode: 0o600 })
  const child = spawn(
    binary.path,
    envoyArguments({ configPath, concurrency: 1, drainSeconds: 2, logFlushMs: 50, logLevel: options.logLevel ?? 'warning' }),
    {
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  )
  let output = ''
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()))
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const release = child.pid === undefined ? () => {} : guardChild(child.pid)
  const leave = (): void => {
    child.kill('SIGKILL')
    rmSync(dir, { recursive: true, force: true })
  }
  process.once('exit', leave)
  const stop = async (): Promise<void> => {
    child.kill('SIGKILL')
    await exited
    release()
    process.off('exit', leave)
    await rm(dir, { recursive: true, force: true })
  }
  const admin = (path: string, method: 'GET' | 'POST' = 'GET'): Promise<Reply> => send(0, path, { socketPath, method })
  const envoy: TestEnvoy = {
    process: child,
    dir,
    output: () => output,
    admin,
    stat: async (name) =>
      Number(new RegExp(`^${escaped(name)}: (\\d+)$`, 'm').exec((await admin(`/stats?filter=^${escaped(name)}$`)).body)?.[1] ?? 0),
    stop,
  }
  if (options.ready !== false) {
    const ready = until('Envoy is ready', async () => {
      if (child.exitCode !== null) return 'exited'
      return (await admin('/ready')).status === 200 && 'ready'
    })
    if ((await ready.catch((error: unknown) => `${String(error)}`)) !== 'ready') {
      await stop()
      throw new Error(`Envoy is not ready:\n${output.slice(-4000)}`)
    }
  }
  return envoy
}

/** Names of statistics hold dots and dashes only. */
function escaped(name: string): string {
  return name.replaceAll('.', '\\.')
}
