import { type ChildProcess, spawn } from 'node:child_process'
import { rmSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Compiler } from '../../src/compile.ts'
import { type NginxAdmin, nginxAdmin, type NginxStatus } from '../../src/engine/nginx-admin.ts'
import { installNginx, type NginxBinary } from '../../src/engine/nginx-install.ts'
import { confOptionsOf } from '../../src/engine/nginx-options.ts'
import { guardChild } from '../../src/engine/parent-guard.ts'
import type { Feature } from '../../src/feature.ts'
import { features as allFeatures } from '../../src/features/index.ts'
import type { Gateway } from '../../src/model/gateway.ts'
import type { ReadMaterial } from '../../src/model/material.ts'
import type { RouteTable } from '../../src/model/rank.ts'
import { adminSocket, type ConfOptions } from '../../src/nginx/conf.ts'
import { type Delta, deltaText } from '../../src/nginx/delta.ts'
import { readRuntimeFiles } from '../../src/nginx/runtime-files.ts'
import { type Start, startOf } from '../../src/nginx/start.ts'
import { documentText, makeState, type State } from '../../src/nginx/state.ts'
import { makeTree } from '../../src/nginx/tree.ts'
import { writeTree } from '../../src/nginx/write-tree.ts'
import { withGatewayFile } from './gateway-file.ts'
import { type Reply, send } from './http.ts'
import { until } from './until.ts'

/** What nginx is made of for one gateway. */
export interface ForNginx {
  readonly start: Start
  readonly state: State
}

/** A real nginx for one test file. */
export interface TestNginx {
  readonly process: ChildProcess
  readonly dir: string
  readonly binary: NginxBinary
  output(): string
  /** A request to the admin socket. */
  admin(method: string, path: string, body?: string): Promise<Reply>
  readonly live: NginxAdmin
  put(state: State): Promise<Reply>
  post(delta: Delta): Promise<Reply>
  status(): Promise<NginxStatus>
  /** Ids of the worker processes. */
  workers(): Promise<number[]>
  stop(): Promise<void>
}

export function forNginx(
  gateway: Gateway,
  tables: ReadonlyMap<string, RouteTable>,
  read: ReadMaterial,
  features: readonly Feature[] = allFeatures,
): ForNginx {
  return { start: startOf(gateway, features, read), state: makeState({ gateway, tables, features, read }) }
}

/** Compiles the file and reads its certificates; throws with its findings when something is wrong with it. */
export async function compileForNginx(file: string, env: Record<string, string> = {}): Promise<ForNginx> {
  const { good, diagnostics } = await new Compiler(file, { target: 'nginx', env }).compile()
  if (!good) throw new Error(`${file} does not compile: ${JSON.stringify(diagnostics)}`)
  return good
}

/** Compiles the text of a gateway.yaml that stands in a directory of its own. */
export function compileText(text: string, files: Readonly<Record<string, string>> = {}): Promise<ForNginx> {
  return withGatewayFile(text, files, (file) => compileForNginx(file))
}

/** What the tree must say so that this nginx runs it in that directory. */
export function confOptions(binary: NginxBinary, dir: string, more: Partial<ConfOptions> = {}): ConfOptions {
  return {
    ...confOptionsOf(binary),
    dir,
    workers: 2,
    ...(process.getuid?.() === 0 ? { user: 'root' } : {}),
    ...more,
  }
}

/** Writes the tree into a fresh directory. The path is short: it holds a unix socket. */
export async function writeTestTree({ start, state }: ForNginx, options: Partial<ConfOptions> = {}): Promise<{ dir: string; binary: NginxBinary }> {
  const binary = await installNginx()
  const dir = await mkdtemp(join(tmpdir(), 'sluice-ngx-'))
  const conf = confOptions(binary, dir, options)
  await writeTree(dir, makeTree(start, state, await readRuntimeFiles(), conf))
  return { dir, binary }
}

/** Starts nginx on a tree; it dies with the process of the test file at the latest. Throws with nginx's output when it does not come up. */
export async function startNginx(made: ForNginx, options: Partial<ConfOptions> = {}): Promise<TestNginx> {
  const { dir, binary } = await writeTestTree(made, options)
  return runTree(dir, binary)
}

/** Starts nginx on a tree that is there already. */
export async function runTree(dir: string, binary: NginxBinary): Promise<TestNginx> {
  const child = spawn(binary.path, ['-p', dir, '-c', 'nginx.conf'], {
    cwd: dir,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()))
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const release = child.pid === undefined ? () => {} : guardChild(child.pid)
  const leave = (): void => {
    child.kill('SIGTERM')
    rmSync(dir, { recursive: true, force: true })
  }
  process.once('exit', leave)
  const admin = (method: string, path: string, body?: string): Promise<Reply> =>
    send(0, path, { socketPath: join(dir, adminSocket), method, ...(body === undefined ? {} : { body }) })
  const live = nginxAdmin(join(dir, adminSocket))
  const nginx: TestNginx = {
    process: child,
    dir,
    binary,
    output: () => output,
    admin,
    put: (state) => admin('PUT', '/document', documentText(state)),
    post: (delta) => admin('POST', '/delta', deltaText(delta)),
    live,
    status: () => live.status(),
    workers: () => childrenOf(child.pid ?? 0),
    stop: async () => {
      child.kill('SIGTERM')
      const late = setTimeout(() => child.kill('SIGKILL'), 60_000)
      await exited
      clearTimeout(late)
      release()
      process.off('exit', leave)
      await rm(dir, { recursive: true, force: true })
    },
  }
  const ready = until('nginx is ready', async () => {
    if (child.exitCode !== null) return 'exited'
    const { workers } = await nginx.status()
    return workers.every(({ number }) => number > 0) && 'ready'
  })
  if ((await ready.catch((error: unknown) => String(error))) !== 'ready') {
    await nginx.stop()
    throw new Error(`nginx is not ready:\n${output.slice(-4000)}`)
  }
  return nginx
}

async function childrenOf(pid: number): Promise<number[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')
  return text.trim().split(' ').filter(Boolean).map(Number)
}
