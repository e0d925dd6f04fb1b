import { execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { cpuMicros } from './process-time.ts'

export interface LoadOptions {
  readonly port: number
  /** Asked for in turn. */
  readonly paths: readonly string[]
  readonly host?: string
  readonly seconds: number
  readonly connections?: number
}

/** What one round of load has cost the process under test. */
export interface Round {
  readonly requests: number
  readonly perSecond: number
  readonly cpuPerRequest: number
}

/** Which generator is used: wrk where it is installed, else one of our own on Node, which is slower and so loads less. */
export const generator = ((): 'wrk' | 'node' => {
  try {
    execFileSync('sh', ['-c', 'command -v wrk'], { stdio: 'ignore' })
    return 'wrk'
  } catch {
    return 'node'
  }
})()

/** One round of load from CPU 0 against a process; CPU in microseconds. Throws when a single answer was not 2xx. */
export async function round(pid: number, options: LoadOptions): Promise<Round> {
  const before = cpuMicros(pid)
  const { requests, failed, seconds } = await (generator === 'wrk' ? wrk(options) : node(options))
  const cpu = cpuMicros(pid) - before
  if (failed !== 0 || requests === 0) throw new Error(`${failed} of ${requests} requests failed on port ${options.port}`)
  return { requests, perSecond: requests / seconds, cpuPerRequest: cpu / requests }
}

interface Result {
  readonly requests: number
  readonly failed: number
  readonly seconds: number
}

/** wrk counts what is not 2xx or 3xx and socket errors; it prints them only when there are any. */
async function wrk({ port, paths, host = 'localhost', seconds, connections = 16 }: LoadOptions): Promise<Result> {
  const dir = mkdtempSync(join(tmpdir(), 'sluice-wrk-'))
  const script = join(dir, 'paths.lua')
  writeFileSync(script, luaOf(paths, host))
  try {
    const args = ['wrk', '-t', '1', '-c', String(connections), '-d', `${seconds}s`, '-s', script, `http://127.0.0.1:${port}`]
    const output = await run(args)
    const result = /RESULT (\d+) (\d+) (\d+)/.exec(output)
    if (!result) throw new Error(`wrk said:\n${output}`)
    return { requests: Number(result[1]), failed: Number(result[2]), seconds: Number(result[3]) / 1e6 }
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}

function luaOf(paths: readonly string[], host: string): string {
  return `
    local texts, at = {}, 0
    function init()
      wrk.headers['Host'] = ${JSON.stringify(host)}
      wrk.headers['User-Agent'] = 'bench'
      for _, path in ipairs({${paths.map((path) => JSON.stringify(path)).join(', ')}}) do texts[#texts + 1] = wrk.format('GET', path) end
    end
    function request()
      at = at % #texts + 1
      return texts[at]
    end
    function done(summary)
      local e = summary.errors
      io.write(string.format('RESULT %d %d %d\\n', summary.requests, e.connect + e.read + e.write + e.status + e.timeout, summary.duration))
    end
  `
}

async function node({ port, paths, host = 'localhost', seconds, connections = 16 }: LoadOptions): Promise<Result> {
  const worker = join(import.meta.dirname, 'node-load.ts')
  const output = await run([process.execPath, worker, JSON.stringify({ port, paths, host, seconds, connections })])
  return JSON.parse(output) as Result
}

async function run(args: readonly string[]): Promise<string> {
  const [command = '', ...rest] = availableParallelism() > 1 ? ['taskset', '-c', '0', ...args] : args
  const child = spawn(command, rest, { stdio: ['ignore', 'pipe', 'inherit'] })
  const failed = new Promise<never>((_, reject) => child.once('error', reject))
  return Promise.race([text(child.stdout), failed])
}
