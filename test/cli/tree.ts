import { spawn } from 'node:child_process'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { adminSocket } from '../../src/nginx/conf.ts'
import { send } from '../support/http.ts'
import { until } from '../support/until.ts'

/** Every file below a directory with its mode and content, and what may change while nginx runs left out. */
export function filesOf(dir: string): Record<string, string> {
  const files = readdirSync(dir, { recursive: true, encoding: 'utf8' }).filter((path) => statSync(join(dir, path)).isFile())
  return Object.fromEntries(
    files.toSorted().map((path) => [path, `${(statSync(join(dir, path)).mode & 0o777).toString(8)} ${readFileSync(join(dir, path), 'utf8')}`]),
  )
}

/** An nginx that somebody else than sluice starts: `nginx -p DIR -c nginx.conf`, or with other words after the directory, from another one. */
export interface PlainNginx extends AsyncDisposable {
  output(): string
  /** `nginx -s SIGNAL`, as an operator calls it. */
  signal(name: string): Promise<number | null>
  /** Versions that the workers serve. */
  versions(): Promise<readonly (string | undefined)[]>
  readonly exited: Promise<number | null>
}

/** Resolves when it answers on its admin socket, or when it has ended. */
export async function runPlain(binary: string, dir: string, more: readonly string[] = ['-c', 'nginx.conf']): Promise<PlainNginx> {
  const args = ['-p', dir, ...more]
  const child = spawn(binary, args, { cwd: '/', stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()))
  const exited = new Promise<number | null>((resolve) => child.once('close', resolve))
  const stop = (): boolean => child.kill('SIGTERM')
  process.once('exit', stop)
  const status = async () => (await send(0, '/status', { socketPath: join(dir, adminSocket) })).body
  const nginx: PlainNginx = {
    output: () => output,
    signal: (name) => new Promise((resolve) => spawn(binary, [...args, '-s', name], { cwd: '/', stdio: 'ignore' }).once('close', resolve)),
    versions: async () => (JSON.parse(await status()) as { workers: { version?: string }[] }).workers.map(({ version }) => version),
    exited,
    async [Symbol.asyncDispose]() {
      stop()
      await exited
      process.off('exit', stop)
    },
  }
  await until('nginx answers or ends', async () => child.exitCode !== null || (await nginx.versions().catch(() => undefined)) !== undefined)
  return nginx
}
