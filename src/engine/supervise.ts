import { rmSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { drain } from './drain.ts'
import { type EnvoyAdmin, envoyAdmin } from './envoy-admin.ts'
import { envoyArguments, type EnvoyProcessOptions } from './envoy-arguments.ts'
import { type EngineProcess, startProcess } from './engine-process.ts'
import { type Backoff, KeptRunning } from './keep-running.ts'
import { reasonIn } from './validate.ts'
import { checkPorts, portTakenIn, type WantedPort } from './port-check.ts'
import { lockRunDir } from './run-lock.ts'

export interface SuperviseOptions extends Pick<EnvoyProcessOptions, 'concurrency' | 'logLevel'> {
  readonly binary: string
  /** Directory of this proxy alone: lock, bootstrap, admin socket. Made with mode 0700. */
  readonly runDir: string
  /** Bootstrap text; its admin interface must be the unix socket at the path given. */
  readonly bootstrap: (adminSocket: string) => string
  /** Ports that must be free before the first start. */
  readonly ports: readonly WantedPort[]
  /** Every line that the proxy writes, and what the supervisor does, with a prefix. */
  readonly log: (line: string) => void
  /** How long requests in progress may take after `stop`, in ms; default 30 s. */
  readonly drainMs?: number
  readonly backoff?: Backoff
}

/** One proxy that is kept running until it is stopped. */
export interface Supervisor {
  readonly admin: EnvoyAdmin
  /** Process id of the present proxy; undefined between a crash and the restart. */
  readonly pid: number | undefined
  /** How often it had to be started again. */
  readonly restarts: number
  /** Resolves when the proxy has its first configuration; rejects when it is stopped before that. */
  ready(): Promise<void>
  /** Resolves when nothing runs any more, after `stop`. */
  readonly ended: Promise<void>
  /** Drains, then ends the proxy; no process is left when it resolves. Safe to call twice. */
  stop(): Promise<void>
}

/**
 * Starts a proxy and keeps it running. Rejects with AlreadyRunning, PortTaken, or an error with the proxy's last words when the first start fails.
 * The proxy never outlives this process, however it ends.
 */
export async function supervise(options: SuperviseOptions): Promise<Supervisor> {
  const adminSocket = join(options.runDir, 'admin.sock')
  if (Buffer.byteLength(adminSocket) > 107)
    throw new Error(`the path ${adminSocket} is too long for a unix socket (107 bytes); choose a shorter directory`)
  const unlock = await lockRunDir(options.runDir)
  try {
    await checkPorts(options.ports)
    const running = new Running(options, adminSocket, unlock)
    await running.start()
    return running
  } catch (error) {
    await unlock()
    throw error
  }
}

class Running implements Supervisor {
  readonly admin: EnvoyAdmin
  readonly #options: SuperviseOptions
  readonly #adminSocket: string
  readonly #configPath: string
  readonly #kept: KeptRunning

  constructor(options: SuperviseOptions, adminSocket: string, unlock: () => Promise<void>) {
    this.#options = options
    this.#adminSocket = adminSocket
    this.#configPath = join(options.runDir, 'envoy.json')
    this.admin = envoyAdmin(adminSocket)
    this.#kept = new KeptRunning({
      spawn: () => this.#spawn(),
      say: (what) => this.#say(what),
      over: async () => {
        rmSync(this.#adminSocket, { force: true })
        await unlock()
      },
      backoff: options.backoff,
    })
  }

  get pid(): number | undefined {
    return this.#kept.pid
  }

  get restarts(): number {
    return this.#kept.restarts
  }

  get ended(): Promise<void> {
    return this.#kept.ended
  }

  /** Resolves when the admin interface answers: by then Envoy has accepted the configuration file. */
  async start(): Promise<void> {
    await writeFile(this.#configPath, this.#options.bootstrap(this.#adminSocket), { mode: 0o600 })
    const first = this.#kept.first()
    let over = false
    const how = await Promise.race([first.exited.finally(() => (over = true)), this.#adminAnswers(() => over)])
    if (how !== undefined) throw this.#failure(first, how)
    this.#kept.keep(first)
  }

  async ready(): Promise<void> {
    while (!this.#kept.stopping) {
      if (await this.admin.ready()) return
      await delay(20)
    }
    throw new Error('the proxy was stopped before it was ready')
  }

  stop(): Promise<void> {
    return this.#kept.stop(async (current) => {
      const { drainMs = 30_000 } = this.#options
      this.#say(`draining for at most ${drainMs} ms`)
      const cut = await drain(this.admin, drainMs)
      if (cut > 0) this.#say(`${cut} requests were still running and are cut`)
      await current.end()
    })
  }

  #spawn(): EngineProcess {
    const { binary, runDir, concurrency, logLevel, drainMs = 30_000 } = this.#options
    rmSync(this.#adminSocket, { force: true }) // left behind by a killed proxy
    const drainSeconds = Math.max(1, Math.ceil(drainMs / 1000))
    const args = envoyArguments({
      configPath: this.#configPath,
      drainSeconds,
      ...(concurrency !== undefined && { concurrency }),
      ...(logLevel && { logLevel }),
    })
    return startProcess({ binary, args, cwd: runDir }, (line) => this.#relay(line))
  }

  /** Envoy reports a port that was taken after the check only in its log and its NACK; here it is told in the user's words. */
  #relay(line: string): void {
    this.#options.log(`envoy | ${line}`)
    const taken = portTakenIn(line, this.#options.ports)
    if (taken) this.#say(taken.message)
  }

  #say(what: string): void {
    this.#options.log(`sluice | ${what}`)
  }

  async #adminAnswers(over: () => boolean): Promise<undefined> {
    while (!over()) {
      const answered = await this.admin.call('GET', '/ready').catch(() => undefined) // nobody listens yet
      if (answered) return
      await delay(20)
    }
  }

  #failure(first: EngineProcess, how: string): Error {
    const words = first.lastWords().join('\n')
    return (
      portTakenIn(words, this.#options.ports) ?? new Error(`the proxy did not start (${how})${words ? `: ${reasonIn(words, this.#configPath)}` : ''}`)
    )
  }
}
