import { rmSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { accessLog } from '../nginx/access-log.ts'
import { adminSocket } from '../nginx/conf.ts'
import { type EngineProcess, startProcess } from './engine-process.ts'
import { LogFollower } from './follow-log.ts'
import { type Backoff, KeptRunning } from './keep-running.ts'
import { type NginxAdmin, nginxAdmin } from './nginx-admin.ts'
import { drainNginx } from './nginx-drain.ts'
import type { NginxBinary } from './nginx-install.ts'
import { logToStderr, plainLine } from './nginx-validate.ts'
import { checkPorts, portTakenIn, type WantedPort } from './port-check.ts'
import { lockRunDir } from './run-lock.ts'

export interface SuperviseNginxOptions {
  readonly binary: NginxBinary
  /** Directory that is locked for this process while nginx runs. */
  readonly runDir: string
  /** Absolute directory of the tree, which is there. */
  readonly dir: string
  /** Ports that must be free before the first start, asked anew whenever a port turns out to be taken. */
  readonly ports: () => readonly WantedPort[]
  /** Every line that nginx writes, access log included, and what the supervisor does, with a prefix. */
  readonly log: (line: string) => void
  /** How long requests in progress may take after `stop`, in ms; default 30 s. */
  readonly drainMs?: number
  readonly backoff?: Backoff
}

/** One nginx that is kept running until it is stopped. */
export interface NginxSupervisor {
  readonly admin: NginxAdmin
  /** Process id of the present master; undefined between a crash and the restart. */
  readonly pid: number | undefined
  /** How often it had to be started again. */
  readonly restarts: number
  /** Resolves when every worker has a state; rejects when it is stopped before that. */
  ready(): Promise<void>
  /** Drains, then ends nginx; no process is left when it resolves. Safe to call twice. */
  stop(): Promise<void>
}

/**
 * Starts nginx on its tree and keeps it running. Rejects with AlreadyRunning, PortTaken, or an error with nginx's last words when the first start fails.
 * nginx never outlives this process, however it ends.
 */
export async function superviseNginx(options: SuperviseNginxOptions): Promise<NginxSupervisor> {
  const unlock = await lockRunDir(options.runDir)
  try {
    await checkPorts(options.ports())
    const running = new RunningNginx(options, unlock)
    await running.start()
    return running
  } catch (error) {
    await unlock()
    throw error
  }
}

class RunningNginx implements NginxSupervisor {
  readonly admin: NginxAdmin
  readonly #options: SuperviseNginxOptions
  readonly #socket: string
  readonly #kept: KeptRunning
  /** Processes whose master was killed; their workers may still finish requests. */
  readonly #orphaned = new Map<EngineProcess, NodeJS.Timeout>()
  #accessLog: LogFollower | undefined

  constructor(options: SuperviseNginxOptions, unlock: () => Promise<void>) {
    this.#options = options
    this.#socket = join(options.dir, adminSocket)
    this.admin = nginxAdmin(this.#socket)
    this.#kept = new KeptRunning({
      spawn: () => this.#spawn(),
      say: (what) => this.#say(what),
      crashed: (process) => this.#orphan(process),
      over: async () => {
        for (const process of this.#orphaned.keys()) this.#endOrphan(process)
        await this.#accessLog?.stop()
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

  /** Resolves when the admin socket answers: by then nginx has taken its configuration and opened its ports. */
  async start(): Promise<void> {
    const { dir } = this.#options
    const path = join(dir, accessLog)
    await rm(path, { force: true }) // that of a run before
    const first = this.#kept.first()
    let over = false
    const how = await Promise.race([first.exited.finally(() => (over = true)), this.#answers(() => over)])
    if (how !== undefined) throw this.#failure(first, how)
    this.#kept.keep(first)
    const onLine = (line: string): void => this.#options.log(`nginx | ${line}`)
    this.#accessLog = new LogFollower({ path, onLine, reopen: () => this.#signal('SIGUSR1') })
  }

  async ready(): Promise<void> {
    while (!this.#kept.stopping) {
      const status = await this.admin.status().catch(() => undefined) // nobody listens yet
      if (status?.workers.every(({ number }) => number > 0)) return
      await delay(20)
    }
    throw new Error('nginx was stopped before it was ready')
  }

  stop(): Promise<void> {
    return this.#kept.stop(async (current) => {
      const { drainMs = 30_000 } = this.#options
      this.#say(`draining for at most ${drainMs} ms`)
      const all = await drainNginx(this.admin, current, drainMs)
      if (!all) this.#say('some requests were still running and are cut')
    })
  }

  #spawn(): EngineProcess {
    const { binary, dir } = this.#options
    rmSync(this.#socket, { force: true }) // left behind by a killed nginx
    return startProcess({ binary: binary.path, args: ['-p', dir, '-c', 'nginx.conf', ...logToStderr], cwd: dir }, (line) => this.#relay(line))
  }

  /** The workers of a killed master go on, holding its ports: they finish their requests and take no new ones. */
  #orphan(process: EngineProcess): void {
    process.signalGroup('SIGQUIT')
    this.#orphaned.set(process, setTimeout(() => this.#endOrphan(process), this.#options.drainMs ?? 30_000).unref())
  }

  #endOrphan(process: EngineProcess): void {
    clearTimeout(this.#orphaned.get(process))
    this.#orphaned.delete(process)
    process.signalGroup('SIGKILL')
  }

  #relay(line: string): void {
    this.#options.log(`nginx | ${line}`)
    const taken = portTakenIn(line, this.#options.ports())
    if (taken && line.includes('[emerg]')) this.#say(taken.message)
  }

  #say(what: string): void {
    this.#options.log(`sluice | ${what}`)
  }

  #signal(signal: NodeJS.Signals): void {
    const { pid } = this
    if (pid !== undefined) process.kill(pid, signal)
  }

  async #answers(over: () => boolean): Promise<undefined> {
    while (!over()) {
      if (await this.admin.status().catch(() => undefined)) return
      await delay(20)
    }
  }

  #failure(first: EngineProcess, how: string): Error {
    const words = first.lastWords()
    const taken = portTakenIn(words.join('\n'), this.#options.ports())
    // A Lua module that is missing is followed by the list of places where it was looked for.
    const said = words
      .filter((line) => !line.startsWith('\t'))
      .map((line) => plainLine(line, this.#options.dir))
      .join('\n')
    return taken ?? new Error(`nginx did not start (${how})${said ? `: ${said}` : ''}`)
  }
}
