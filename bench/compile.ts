import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { serve } from '../src/serve.ts'
import { writeLargeSystem } from './large-system.ts'
import type { Arrived } from './support/follower.ts'
import { memory } from './support/process-time.ts'
import { type BenchOptions, digits, load, median, printTable, spread, target } from './support/report.ts'

interface Size {
  readonly services: number
  readonly routes: number
  readonly limitMs: number
}

/** Time and memory of a cold compile, and of a one-line edit of a large system until it is on the wire. */
export async function run({ quick }: BenchOptions): Promise<void> {
  const sizes: Size[] = quick
    ? [{ services: 100, routes: 500, limitMs: 1_000 }]
    : [
        { services: 1_000, routes: 5_000, limitMs: 1_000 },
        { services: 10_000, routes: 50_000, limitMs: 10_000 },
      ]
  cold(sizes, quick ? 2 : 3)
  await edits(sizes.at(-1) ?? { services: 100, routes: 500, limitMs: 0 }, quick ? 3 : 10)
}

interface Once {
  readonly wall: number
  readonly cpu: number
  readonly peak: number
}

function cold(sizes: readonly Size[], rounds: number): void {
  const rows: (string | number)[][] = []
  for (const { services, routes, limitMs } of sizes) {
    for (const files of [1, 100]) {
      const dir = mkdtempSync(join(tmpdir(), 'sluice-bench-'))
      const root = writeLargeSystem(dir, { services, routes, files })
      const compile: Once[] = []
      const parse: Once[] = []
      for (let round = 0; round < rounds; round++) {
        compile.push(fresh(root, 'compile'))
        parse.push(fresh(root, 'parse'))
      }
      const peak = median(compile.map((one) => one.peak))
      const wall = median(compile.map((one) => one.wall))
      const share = median(parse.map((one, index) => (one.cpu / (compile[index]?.cpu ?? NaN)) * 100))
      rows.push([services, routes, files, spread(compile.map((one) => one.wall)), spread(compile.map((one) => one.cpu)), `${digits(share)} %`, peak])
      target(`cold compile of ${services} services, ${routes} routes in ${files} file(s)`, wall, limitMs, 'ms')
      if (services >= 10_000) target(`peak memory of that`, peak, 1_200, 'MB')
      rmSync(dir, { recursive: true })
    }
  }
  printTable(
    `Cold compile, a fresh process each time, ${rounds} times (load ${load()})`,
    ['services', 'routes', 'files', 'wall ms', 'CPU ms', 'of it YAML', 'peak RSS, MB'],
    rows,
  )
}

function fresh(root: string, what: 'compile' | 'parse'): Once {
  return JSON.parse(execFileSync(process.execPath, [join(import.meta.dirname, 'support/compile-once.ts'), root, what], { encoding: 'utf8' })) as Once
}

interface Edit {
  readonly name: string
  readonly apply: (text: string, round: number) => string
}

/** One line each; they concern one resource each. */
const lines: readonly Edit[] = [
  {
    name: 'endpoint of a service',
    apply: (text, round) => text.replace(/(endpoints: \["[\d.]+:)\d+/, (_, head: string) => `${head}${20_000 + round}`),
  },
  { name: 'timeout of a route', apply: (text, round) => text.replace(/request: \d+s/, `request: ${100 + round}s`) },
]

async function edits({ services, routes }: Size, rounds: number): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), 'sluice-bench-'))
  const root = writeLargeSystem(dir, { services, routes, files: 100, healthChecks: false })
  const serving = await serve({ config: root, env: {} })
  const socket = join(dir, 'xds.sock')
  await serving.xds.listen({ socket })
  const workerData = { socket, services: [...serving.good.gateway.services.keys()] }
  const follower = new Worker(join(import.meta.dirname, 'support/follower.ts'), { workerData })
  await isQuiet(follower)
  const rows: (string | number)[][] = []
  for (const { name, apply } of lines) {
    const { watched, spent, sent, bytes } = await edited(follower, join(dir, 'parts/0050.yaml'), apply, rounds)
    rows.push([name, spread(watched), spread(spent), sent.join(', '), bytes])
    target(`one line (${name}) saved → bytes at a connected proxy`, median(watched), 500, 'ms')
  }
  printTable(
    `One line edited among ${services} services, ${routes} routes in 100 files, ${rounds} times, of that about 60 ms until the file has rested (load ${load()})`,
    ['line', 'saved → bytes at the proxy, ms', 'CPU ms, with the proxy that follows', 'resources sent again', 'MB'],
    rows,
  )
  console.log(`\nMemory of the control plane with it: ${digits(memory(process.pid).now)} MB, peak ${digits(memory(process.pid).peak)} MB`)
  follower.postMessage('stop')
  await once(follower, 'exit')
  await serving.close()
  rmSync(dir, { recursive: true })
}

async function edited(follower: Worker, file: string, apply: Edit['apply'], rounds: number) {
  const watched: number[] = []
  const spent: number[] = []
  const sent = new Set<number>()
  let bytes = 0
  for (let round = 0; round < rounds; round++) {
    const text = apply(readFileSync(file, 'utf8'), round)
    const all: Arrived[] = []
    const note = (message: Arrived | 'quiet'): unknown => message !== 'quiet' && all.push(message)
    follower.on('message', note)
    const cpu = process.cpuUsage()
    const start = process.hrtime.bigint()
    writeFileSync(file, text)
    const [{ at }] = (await once(follower, 'message')) as [Arrived]
    const { user, system } = process.cpuUsage(cpu)
    watched.push(Number(at - start) / 1e6)
    spent.push((user + system) / 1_000)
    follower.postMessage('quiet')
    await isQuiet(follower)
    follower.off('message', note)
    sent.add(all.reduce((sum, { resources }) => sum + resources, 0))
    bytes = all.reduce((sum, response) => sum + response.bytes, 0) / 1e6
    if (statSync(file).size === 0) throw new Error('the file is empty')
  }
  return { watched, spent, sent: [...sent], bytes }
}

/** Waits until nothing more is sent to it. */
function isQuiet(follower: Worker): Promise<void> {
  return new Promise((resolve, reject) => {
    follower.once('error', reject)
    const told = (message: Arrived | 'quiet'): void => {
      if (message !== 'quiet') return
      follower.off('message', told)
      follower.off('error', reject)
      resolve()
    }
    follower.on('message', told)
  })
}
