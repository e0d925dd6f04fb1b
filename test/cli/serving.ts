import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { until } from '../support/until.ts'

const program = join(import.meta.dirname, '../../src/cli.ts')

/** A `sluice run` or `sluice serve` in a process of its own, as users start it. */
export interface ServingProcess extends AsyncDisposable {
  readonly process: ChildProcess
  stderr(): string
  stdout(): string
  /** Waits for a log line. */
  says(pattern: RegExp): Promise<RegExpExecArray>
  /** Sends a signal and waits for the end; gives the exit code, or the signal that ended it. */
  end(signal: NodeJS.Signals): Promise<number | NodeJS.Signals | null>
  readonly exited: Promise<number | NodeJS.Signals | null>
}

/** `before` is a command that becomes the one that follows it. */
export function startSluice(
  cwd: string,
  argv: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
  before: readonly string[] = [],
): ServingProcess {
  const [command = '', ...args] = [...before, process.execPath, program, ...argv]
  const child = spawn(command, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] })
  let [stdout, stderr] = ['', '']
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
  const exited = new Promise<number | NodeJS.Signals | null>((resolve) => child.once('close', (code, signal) => resolve(code ?? signal)))
  return {
    process: child,
    stderr: () => stderr,
    stdout: () => stdout,
    says: (pattern) =>
      until(`${argv.join(' ')} says ${pattern}`, () => {
        const found = pattern.exec(stderr)
        if (!found && child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}:\n${stderr}`)
        return found ?? false
      }),
    exited,
    end(signal) {
      child.kill(signal)
      return exited
    },
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null) child.kill('SIGTERM')
      await exited
    },
  }
}

/** Whether a process still exists. */
export function alive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
