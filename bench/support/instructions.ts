import { execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { envoyArguments } from '../../src/engine/envoy-arguments.ts'
import { installEnvoy } from '../../src/engine/install.ts'
import { guardChild } from '../../src/engine/parent-guard.ts'
import { send } from '../../test/support/http.ts'
import { until } from '../../test/support/until.ts'
import { KeepAlive } from './keep-alive.ts'

/** Whether valgrind with its callgrind tools is installed. */
export const hasValgrind = ((): boolean => {
  try {
    execFileSync('sh', ['-c', 'command -v valgrind callgrind_control'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
})()

export interface InstructionOptions {
  readonly bootstrap: (adminSocket: string) => string
  readonly port: number
  readonly paths: readonly string[]
  readonly requests: number
}

/**
 * Instructions that Envoy executes in user space for one request, counted by valgrind's callgrind: the same on a busy machine as on an idle one,
 * so settings that cost less than the noise of a clock can be told apart. System calls are not in it. Throws when a request does not get a 200.
 */
export async function instructionsPerRequest({ bootstrap, port, paths, requests }: InstructionOptions): Promise<number> {
  const binary = await installEnvoy()
  const dir = mkdtempSync(join(tmpdir(), 'sluice-callgrind-'))
  const socketPath = join(dir, 'admin.sock')
  const configPath = join(dir, 'envoy.json')
  writeFileSync(configPath, bootstrap(socketPath), { mode: 0o600 })
  const args = [
    '--tool=callgrind',
    '--separate-threads=yes',
    '--instr-atstart=no',
    `--callgrind-out-file=${join(dir, 'out')}`,
    binary.path,
    ...envoyArguments({ configPath, concurrency: 1, logLevel: 'error' }),
  ]
  const child = spawn('valgrind', args, { stdio: 'ignore', cwd: dir })
  if (child.pid === undefined) throw new Error('valgrind could not be started')
  const release = guardChild(child.pid)
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const control = (option: string): void =>
    void execFileSync('callgrind_control', [...option.split(' '), String(child.pid)], { cwd: dir, stdio: 'pipe' })
  try {
    await until('Envoy is ready under valgrind', async () => (await send(0, '/ready', { socketPath })).status === 200, 120_000)
    const client = new KeepAlive(port)
    // Health checks may call the endpoints sick until everything has been run once.
    await until('requests pass', async () => (await client.get(paths[0] ?? '/')) === 200, 60_000)
    await ask(client, paths, Math.ceil(requests / 4))
    control('--instr=on')
    await ask(client, paths, requests)
    control('--dump')
    client.close()
    // One file a thread: the worker's is the largest. Health checks and timers of the main thread depend on how long the run takes.
    const dumps = readdirSync(dir).filter((name) => /^out\.1-\d+$/.test(name))
    const total = Math.max(...dumps.map((name) => Number(/^(?:summary|totals): (\d+)/m.exec(readFileSync(join(dir, name), 'utf8'))?.[1] ?? 0)))
    return total / requests
  } finally {
    child.kill('SIGKILL')
    await exited
    release()
    rmSync(dir, { recursive: true, force: true })
  }
}

async function ask(client: KeepAlive, paths: readonly string[], requests: number): Promise<void> {
  for (let index = 0; index < requests; index++) {
    const status = await client.get(paths[index % paths.length] ?? '/')
    if (status !== 200) throw new Error(`a request got ${status}`)
  }
}
