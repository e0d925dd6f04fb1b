import { execFileSync, spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { installNginx } from '../../src/engine/nginx-install.ts'
import { guardChild } from '../../src/engine/parent-guard.ts'
import { until } from '../../test/support/until.ts'
import { KeepAlive } from './keep-alive.ts'

export interface NginxInstructions {
  /** A tree with nginx.conf; it stays. */
  readonly dir: string
  readonly port: number
  readonly host: string
  readonly paths: readonly string[]
  readonly requests: number
}

/**
 * Instructions that nginx executes in user space for one request, counted by valgrind's callgrind, without those of its timers: what an idle second
 * costs is measured as well. System calls are not in it. nginx runs as one process, as callgrind cannot be asked about a child.
 */
export async function nginxInstructions({ dir, port, host, paths, requests }: NginxInstructions): Promise<number> {
  const binary = await installNginx()
  const args = ['--tool=callgrind', '--trace-children=yes', '--instr-atstart=no', `--callgrind-out-file=${join(dir, 'callgrind.%p')}`]
  const nginx = [binary.path, '-p', dir, '-c', 'nginx.conf', '-g', 'master_process off;']
  const child = spawn('valgrind', [...args, ...nginx], { cwd: dir, stdio: 'ignore' })
  if (child.pid === undefined) throw new Error('valgrind could not be started')
  const release = guardChild(child.pid)
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const control = (option: string): void =>
    void execFileSync('callgrind_control', [...option.split(' '), String(child.pid)], { cwd: dir, stdio: 'pipe' })
  // Several connections: so the requests come close together, and little of the idle time is among them.
  const ask = async (count: number): Promise<void> => {
    let next = 0
    const lane = async (): Promise<void> => {
      const client = new KeepAlive(port)
      while (next < count) {
        const status = await client.get(paths[next++ % paths.length] ?? '/', host)
        if (status !== 200) throw new Error(`a request got ${status}`)
      }
      client.close()
    }
    await Promise.all(Array.from({ length: Math.min(8, count) }, lane))
  }
  try {
    await until(
      'requests pass',
      () =>
        ask(1).then(
          () => true,
          () => false,
        ),
      60_000,
    )
    await ask(4 * requests) // LuaJIT compiles what is hot
    control('-i on')
    const start = performance.now()
    await ask(requests)
    const busy = performance.now() - start
    control('-d')
    const idleFrom = performance.now()
    await delay(2_000)
    const idle = performance.now() - idleFrom
    control('-d')
    const [all = NaN, timers = NaN] = totals(dir)
    return (all - (timers / idle) * busy) / requests
  } finally {
    child.kill('SIGKILL')
    await exited
    release()
  }
}

/** Of each dump, in their order. */
function totals(dir: string): number[] {
  const dumps = readdirSync(dir).filter((name) => /^callgrind\.\d+\.\d+$/.test(name))
  const inOrder = dumps.sort((a, b) => Number(a.split('.')[2]) - Number(b.split('.')[2]))
  return inOrder.map((name) => Number(/^(?:summary|totals): (\d+)/m.exec(readFileSync(join(dir, name), 'utf8'))?.[1] ?? NaN))
}
