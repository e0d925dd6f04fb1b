import { spawn } from 'node:child_process'
import { setTimeout as delay } from 'node:timers/promises'
import { lineSplitter } from '../lib/line-splitter.ts'
import { dumpFilter } from '../lib/proto-dump.ts'
import { guardChild } from './parent-guard.ts'

export interface EngineCommand {
  readonly binary: string
  readonly args: readonly string[]
  readonly cwd: string
}

/** One run of the proxy, with the processes that it has started itself. */
export interface EngineProcess {
  readonly pid: number | undefined
  /** How it ended, such as `SIGKILL`, `exit code 1`, or why it could not be started. Never rejects. */
  readonly exited: Promise<string>
  /** The last lines that it wrote to standard error, oldest first. */
  lastWords(): readonly string[]
  signal(signal: NodeJS.Signals): void
  /** Signals what it has started and what may outlive it, such as the workers of a master that was killed. */
  signalGroup(signal: NodeJS.Signals): void
  /** SIGTERM, and SIGKILL when it is still there after 3 s. Resolves when it is gone. */
  end(): Promise<void>
}

const remembered = 50

/** How long the last output is waited for when a process that outlives the proxy holds its pipes, in milliseconds. */
const lastOutputMs = 300

/** Starts a proxy that ends with this process. `onLine` gets every line of both outputs. */
export function startProcess({ binary, args, cwd }: EngineCommand, onLine: (line: string) => void): EngineProcess {
  // A process group of its own: Ctrl-C in the terminal must reach the supervisor alone, which then drains.
  const child = spawn(binary, args, { cwd, detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
  const release = child.pid === undefined ? () => {} : guardChild(child.pid)
  const signalGroup = (signal: NodeJS.Signals): void => void (child.pid !== undefined && tell(-child.pid, signal))
  const kill = (): void => signalGroup('SIGKILL')
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
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()))
  const exited = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(`${binary} cannot be started: ${error.message}`))
    child.once('exit', (code, signal) => {
      release()
      void Promise.race([closed, delay(lastOutputMs)]).then(() => resolve(signal ?? `exit code ${code ?? 'unknown'}`))
    })
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
  return { pid: child.pid, exited, lastWords: () => words, signal: (signal) => void child.kill(signal), signalGroup, end }
}

function tell(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error // nobody is left
  }
}
