import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFile, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '../support/free-port.ts'
import { until } from '../support/until.ts'

const root = join(import.meta.dirname, '../..')
const variables = ['SEGMENTATION_1', 'SEGMENTATION_2', 'RUNNER_1', 'RUNNER_2', 'ARCHIVE_1', 'ARCHIVE_2'] as const

/** How long starting and ending may take on a busy machine, in ms. */
const patience = 250_000

/** `npm start` under test. */
export interface Example {
  readonly child: ChildProcess
  /** The directory that holds its gateway.yaml. */
  readonly dir: string
  readonly gatewayPort: number
  /** Where its admin API listens. */
  readonly admin: string
  /** What it has said so far. */
  stdout(): string
  stderr(): string
  /** Exit code; resolves when it has ended. */
  readonly exited: Promise<number | null>
}

/** A free port for everything, as the variables that gateway.yaml and start.ts read. */
export async function freePlaces(): Promise<Record<string, string>> {
  const places: Record<string, string> = { GATEWAY_PORT: String(await freePort()) }
  for (const variable of variables) places[variable] = `127.0.0.1:${await freePort()}`
  return places
}

/** Starts it with a copy of the repository's gateway.yaml, `likeNpm` inside a shell that waits for it; `more` are further arguments. */
export async function startExample(env: Record<string, string>, likeNpm = false, more: readonly string[] = []): Promise<Example> {
  const dir = await mkdtemp(join(tmpdir(), 'alt-las-test-'))
  await copyFile(join(root, 'gateway.yaml'), join(dir, 'gateway.yaml'))
  const program = join(root, 'examples/alt-las/start.ts')
  const admin = `127.0.0.1:${await freePort()}`
  const line = [process.execPath, program, '--admin', admin, ...more]
  const own = { npm_lifecycle_event: likeNpm ? 'start' : 'test' }
  const [command = '', ...args] = likeNpm ? ['sh', '-c', '"$@"; exit $?', 'sh', ...line] : line
  const child = spawn(command, args, { cwd: dir, env: { ...process.env, ...own, ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
  let [out, err] = ['', '']
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text))
  const exited = once(child, 'exit').then(([code]) => code as number | null)
  return { child, dir, gatewayPort: Number(env['GATEWAY_PORT']), admin, stdout: () => out, stderr: () => err, exited }
}

/** Resolves when everything is up and the guide was printed; throws what it said when it ended instead. */
export async function isUp(example: Example): Promise<void> {
  await until(
    'everything is up',
    () => {
      if (example.child.exitCode !== null) throw new Error(example.stderr())
      return example.stdout().includes('Ctrl-C stops everything')
    },
    patience,
  )
}

/** Its exit code; throws when it goes on for long. */
export function hasEnded({ child }: Example): Promise<number> {
  return until('it has ended', () => child.exitCode ?? undefined, patience)
}

/** Ends it, if it still runs, and clears up. */
export async function end(example: Example): Promise<void> {
  if (example.child.exitCode === null && example.child.signalCode === null) {
    example.child.kill('SIGKILL')
    await example.exited
  }
  await rm(example.dir, { recursive: true, force: true })
}

/** Process ids of everything that a process has started, and of what these have started. */
export async function descendants(pid: number): Promise<number[]> {
  const parents = new Map<number, number>()
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue
    const stat = await readFile(`/proc/${name}/stat`, 'utf8').catch(() => '') // ended meanwhile
    const parent = /\) \S (\d+)/.exec(stat)?.[1]
    if (parent !== undefined) parents.set(Number(name), Number(parent))
  }
  const below = (of: number): number[] => [...parents].flatMap(([child, parent]) => (parent === of ? [child, ...below(child)] : []))
  return below(pid)
}

/** Those of the processes that still run; one that has ended and was not yet collected does not. */
export async function alive(pids: readonly number[]): Promise<number[]> {
  const states = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/stat`, 'utf8').catch(() => ') Z')))
  return pids.filter((_, index) => !/\) [ZX]/.test(states[index] ?? ''))
}
