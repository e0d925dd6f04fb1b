import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, openSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { type NginxAdmin, nginxAdmin } from '../../src/engine/nginx-admin.ts'
import { installNginx } from '../../src/engine/nginx-install.ts'
import { guardChild } from '../../src/engine/parent-guard.ts'
import { adminSocket } from '../../src/nginx/conf.ts'
import { readRuntimeFiles } from '../../src/nginx/runtime-files.ts'
import { makeTree } from '../../src/nginx/tree.ts'
import { writeTree } from '../../src/nginx/write-tree.ts'
import { confOptions, type ForNginx } from '../../test/support/nginx.ts'
import { until } from '../../test/support/until.ts'

/** A real nginx under test. */
export interface BenchNginx {
  /** Of each worker process. */
  readonly workers: readonly number[]
  readonly live: NginxAdmin
  stop(): Promise<void>
}

interface Where {
  /** CPU that the processes are bound to; ignored on a machine with one. */
  readonly cpu?: number
}

/** Writes the tree of a compiled gateway; the directory is to be removed by the caller. */
export async function writeGateway(made: ForNginx, workers = 1): Promise<string> {
  const dir = mkdtempSync(join(tmpdir(), 'sluice-ngx-'))
  const conf = confOptions(await installNginx(), dir, { workers })
  await writeTree(dir, makeTree(made.start, made.state, await readRuntimeFiles(), conf))
  return dir
}

/** Writes the tree of an nginx.conf by hand: `http` stands inside the http block. */
export function writePlain(http: string): string {
  const dir = mkdtempSync(join(tmpdir(), 'sluice-ngx-'))
  for (const name of ['run', 'logs', 'tmp']) mkdirSync(join(dir, name))
  const temps = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((kind) => `${kind}_temp_path tmp/${kind};`).join(' ')
  const user = process.getuid?.() === 0 ? 'user root; ' : ''
  const main = `${user}daemon off; worker_processes 1; pid run/nginx.pid; error_log stderr warn; events { worker_connections 8192; }`
  writeFileSync(join(dir, 'nginx.conf'), `${main}\nhttp {\n${temps}\nkeepalive_requests 100000000; keepalive_timeout 3600s;\n${http}\n}\n`)
  return dir
}

/** Starts nginx on a tree and waits for its workers; `stop` removes the tree. Throws with what nginx wrote when it does not come up. */
export async function startTree(dir: string, { cpu }: Where = {}): Promise<BenchNginx> {
  const binary = await installNginx()
  const child = start([binary.path, '-p', dir, '-c', 'nginx.conf'], dir, cpu)
  const { pid } = child
  if (pid === undefined) throw new Error('nginx could not be started')
  const release = guardChild(pid)
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM')
    await exited
    release()
    rmSync(dir, { recursive: true, force: true })
  }
  // The program may be a script first, with children of its own.
  const isNginx = (id: number): boolean => readlinkSync(`/proc/${id}/exe`).endsWith('/nginx')
  const children = (): number[] =>
    isNginx(pid) ? readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number) : []
  try {
    await until('nginx has workers', () => child.exitCode !== null || children().length > 0, 20_000)
    if (child.exitCode !== null) throw new Error(readFileSync(join(dir, 'stderr'), 'utf8').slice(-3000))
    return { workers: children(), live: nginxAdmin(join(dir, adminSocket)), stop }
  } catch (error) {
    await stop()
    throw error
  }
}

function start(command: readonly string[], dir: string, cpu: number | undefined): ChildProcess {
  const [name = '', ...args] = cpu !== undefined && availableParallelism() > 1 ? ['taskset', '-c', String(cpu), ...command] : command
  const errors = openSync(join(dir, 'stderr'), 'a')
  return spawn(name, args, { cwd: dir, stdio: ['ignore', errors, errors] })
}
