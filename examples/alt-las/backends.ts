import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { BackendMessage } from './backend.ts'
import type { Instance } from './instances.ts'

const program = fileURLToPath(new URL('backend.ts', import.meta.url))

/** Sample backends, each a process of its own; none outlives this process. */
export class Backends {
  readonly #running = new Map<string, ChildProcess>()
  readonly #ended: (instance: Instance, how: string) => void
  #stopping = false

  /** `ended` is told when a backend ends that nobody stopped here. */
  constructor(ended: (instance: Instance, how: string) => void) {
    this.#ended = ended
  }

  /** Starts all of them. Rejects with a sentence that names the variable to set when one cannot have its port. */
  async start(instances: readonly Instance[]): Promise<void> {
    const outcomes = await Promise.allSettled(instances.map((instance) => this.#start(instance)))
    const failures = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [(outcome.reason as Error).message] : []))
    if (failures.length > 0) throw new Error(failures.join('\n'))
  }

  pidOf({ name }: Instance): number | undefined {
    return this.#running.get(name)?.pid
  }

  /** Ends those that still run: SIGTERM, after 2 s SIGKILL. */
  async stop(): Promise<void> {
    this.#stopping = true
    await Promise.all([...this.#running.values()].map(end))
  }

  async #start(instance: Instance): Promise<void> {
    const child = fork(program, [instance.name, String(instance.port), instance.host], { stdio: ['ignore', 'ignore', 'ignore', 'ipc'] })
    this.#running.set(instance.name, child)
    const exited = once(child, 'exit') as Promise<[code: number | null, signal: NodeJS.Signals | null]>
    void exited.then(() => this.#running.delete(instance.name))
    const first = await Promise.race([once(child, 'message').then(([message]) => message as BackendMessage), exited.then(([code]) => failure(code))])
    if ('failed' in first) throw new Error(explain(instance, first))
    void exited.then(([code, signal]) => {
      if (!this.#stopping) this.#ended(instance, signal ?? `exit code ${code}`)
    })
  }
}

function failure(code: number | null): BackendMessage {
  return { failed: `it ended with exit code ${code}`, code: undefined }
}

function explain({ name, host, port, variable }: Instance, { failed, code }: Extract<BackendMessage, { failed: string }>): string {
  if (code !== 'EADDRINUSE') return `${name} cannot listen on ${host}:${port}: ${failed}`
  return `port ${port}, for ${name}, is in use by another process; choose another: ${variable}=127.0.0.1:${port + 1000} npm start`
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const over = once(child, 'exit')
  child.kill('SIGTERM')
  const force = setTimeout(() => child.kill('SIGKILL'), 2000)
  await over
  clearTimeout(force)
}
