import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { envoyArguments } from '../../src/engine/envoy-arguments.ts'
import { installEnvoy } from '../../src/engine/install.ts'
import { guardChild } from '../../src/engine/parent-guard.ts'
import { send } from '../../test/support/http.ts'
import { until } from '../../test/support/until.ts'

/** A real Envoy with one worker. */
export interface BenchEnvoy {
  readonly pid: number
  readonly adminSocket: string
  stat(name: string): Promise<number>
  stop(): Promise<void>
}

export interface BenchEnvoyOptions {
  readonly bootstrap: (adminSocket: string) => string
  /** CPU that the process is bound to; ignored on a machine with one. */
  readonly cpu?: number
  /** Where the access log goes; default /dev/null. `file`: a file, as under a container engine that writes logs to disk. */
  readonly log?: 'null' | 'file'
  readonly readyMs?: number
  /** Told the process id as soon as there is one. */
  readonly spawned?: (pid: number) => void
}

/** Starts Envoy and waits until it is ready. Throws with what it wrote when it does not become so. */
export async function startEnvoy({ bootstrap, cpu, log = 'null', readyMs = 60_000, spawned }: BenchEnvoyOptions): Promise<BenchEnvoy> {
  const binary = await installEnvoy()
  const dir = mkdtempSync(join(tmpdir(), 'sluice-bench-'))
  const adminSocket = join(dir, 'admin.sock')
  const configPath = join(dir, 'envoy.json')
  const errors = join(dir, 'stderr')
  writeFileSync(configPath, bootstrap(adminSocket), { mode: 0o600 })
  const args = envoyArguments({ configPath, concurrency: 1, drainSeconds: 1, logLevel: 'warning' })
  const out = openSync(log === 'null' ? '/dev/null' : join(dir, 'stdout'), 'a')
  const child = start(binary.path, args, cpu, ['ignore', out, openSync(errors, 'a')])
  const { pid } = child
  if (pid === undefined) throw new Error('Envoy could not be started')
  const release = guardChild(pid)
  spawned?.(pid)
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const stop = async (): Promise<void> => {
    child.kill('SIGKILL')
    await exited
    release()
    rmSync(dir, { recursive: true, force: true })
  }
  const admin = (path: string) => send(0, path, { socketPath: adminSocket, method: 'GET' })
  try {
    await until(
      'Envoy is ready',
      async () => {
        if (child.exitCode !== null) throw new Error(`Envoy has exited with ${child.exitCode}`)
        return (await admin('/ready')).status === 200
      },
      readyMs,
    )
  } catch (error) {
    const text = readFileSync(errors, 'utf8')
    await stop()
    throw new Error(`Envoy is not ready:\n${text.slice(-3000)}`, { cause: error })
  }
  return {
    pid,
    adminSocket,
    stat: async (name) => Number(/: (\d+)$/m.exec((await admin(`/stats?filter=^${name.replaceAll('.', '\\.')}$`)).body)?.[1] ?? 0),
    stop,
  }
}

function start(path: string, args: readonly string[], cpu: number | undefined, stdio: ['ignore', number, number]): ChildProcess {
  const bound = cpu !== undefined && availableParallelism() > 1
  return bound ? spawn('taskset', ['-c', String(cpu), path, ...args], { stdio }) : spawn(path, args, { stdio })
}
