import { spawn } from 'node:child_process'
import { lineSplitter } from '../lib/line-splitter.ts'
import { guardChild } from './parent-guard.ts'
import { dumpFilter } from '../lib/proto-dump.ts'

/** One run of the proxy. */
export interface EnvoyProcess {
  readonly pid: number | undefined
  /** How it ended, such as `SIGKILL`, `exit code 1`, or why it could not be started. Never rejects. */
  readonly exited: Promise<string>
  /** The last lines that it wrote to standard error, oldest first. */
  lastWords(): readonly string[]
  /** SIGTERM, and SIGKILL when it is still there after 3 s. Resolves when it is gone. */
  end(): Promise<void>
}

const remembered = 20

/** Starts a proxy that ends with this process. `onLine` gets every line of both outputs. */
export function startProcess(binary: string, args: readonly string[], cwd: string, onLine: (line: string) => void): EnvoyProcess {
  // A process group of its own: Ctrl-C in the terminal must reach the supervisor alone, which then drains.
  const child = spawn(binary, args, { cwd, detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
  const release = child.pid === undefined ? () => {} : guardChild(child.pid)
  const kill = (): void => void child.kill('SIGKILL')
  process.once('exit', kill)
  const words: string[] = []
  const out = lineSplitter(onLine)
  const showable = dumpFilter()
  const err = lineSplitter((raw) => {
    const line = showable(raw)
    if (line === undefined) return
    words.push(line)
    if (words.length > remembered) words.shift()
    onLine(line)
  })
  child.stdout.on('data', (chunk: Buffer) => out.write(chunk))
  child.stderr.on('data', (chunk: Buffer) => err.write(chunk))
  const exited = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(`${binary} cannot be started: ${error.message}`))
    child.once('exit', release)
    child.once('close', (code, signal) => resolve(signal ?? `exit code ${code ?? 'unknown'}`))
  }).finally(() => {
    process.off('exit', kill)
    out.end()
    err.end()
  })
  const end = async (): Promise<void> => {
    child.kill('SIGTERM')
    const late = setTimeout(kill, 3000)
    await exited
    clearTimeout(late)
  }
  return { pid: child.pid, exited, lastWords: () => words, end }
}
