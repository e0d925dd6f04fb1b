import type { NginxReport, NginxStatus } from '../engine/nginx-admin.ts'
import type { NginxSite } from '../engine/nginx-site.ts'
import type { NginxVerdict } from '../engine/nginx-validate.ts'
import { reloadReasons } from '../nginx/needs-reload.ts'
import type { Start } from '../nginx/start.ts'
import type { Line, State } from '../nginx/state.ts'
import type { Clock } from '../xds/clock.ts'
import type { NginxLines, Sending } from './nginx-lines.ts'
import type { NginxWorkers } from './nginx-workers.ts'

/** Milliseconds between two looks at nginx when nothing calls for one. */
export interface NginxPace {
  /** While all is well: 1 s. Finds workers that died, and an nginx that somebody else changed. */
  readonly idleMs: number
  /** While workers have not taken a change yet: 25. */
  readonly ackMs: number
  /** While no nginx answers: 100. */
  readonly downMs: number
  /** Between two tries to have the state kept on a disk that was full: 5 s. */
  readonly keepMs: number
}

const defaultPace: NginxPace = { idleMs: 1_000, ackMs: 25, downMs: 100, keepMs: 5_000 }

/** Told what happened between here and nginx. */
export interface NginxLinkObserver {
  /** Before a send or a reload; resolves when nothing more has to be waited for. */
  ready(): Promise<void>
  /** Number that stands for everything that is wanted now; `done` gives it back when all workers have that. */
  mark(): number
  done(mark: number): void
  sent(lines: readonly (Line | undefined)[], keys: readonly string[]): void
  accepted(keys: readonly string[], ms: number): void
  refused(what: 'conf' | 'lines', message: string): void
  /** The workers have the change, but could not keep it on the disk; undefined: they can again. */
  unsaved(problem: string | undefined): void
}

export interface NginxLinkOptions {
  readonly site: NginxSite
  readonly lines: NginxLines
  readonly workers: NginxWorkers
  readonly clock: Clock
  readonly observer: NginxLinkObserver
  /** Whether to write the tree while no nginx runs, for whoever starts one. */
  readonly writes: boolean
  readonly pace?: Partial<NginxPace>
}

/**
 * Brings one nginx to what it should have, one step at a time, and looks at it from time to time: whatever it is found with (nothing, an older state, a
 * state from somebody else), the next step is the one from there.
 */
export class NginxLink {
  readonly #options: NginxLinkOptions
  readonly #pace: NginxPace
  #wanted: Start | undefined
  /** In force, or about to be read by an nginx that starts. */
  #start: Start | undefined
  #loaded = false
  #refusedStart: Start | undefined
  #refusedVersion: string | undefined
  #written: string | undefined
  #up = false
  #wake: () => void = () => {}
  #kicked = false
  #closed = false
  #ended: Promise<void> = Promise.resolve()
  #began = false
  /** When a whole document was last sent, or a change first could not be kept; undefined while everything is kept. */
  #unsavedAt: number | undefined
  /** Reloads that nginx has taken. */
  reloads = 0

  constructor(options: NginxLinkOptions) {
    this.#options = options
    this.#pace = { ...defaultPace, ...options.pace }
  }

  /** Whether an nginx answers. */
  get up(): boolean {
    return this.#up
  }

  /** The start model that is in force, as far as it is known. */
  get start(): Start | undefined {
    return this.#start
  }

  /** Whether nginx runs with everything that it can only be told at start. */
  get inForce(): boolean {
    return this.#wanted !== undefined && !this.#reloadNeeded(this.#wanted)
  }

  /** Wants this start model, and what the lines say. What was refused before is tried once more. */
  want(start: Start): void {
    this.#wanted = start
    this.#refusedStart = undefined
    this.#refusedVersion = undefined
    this.kick()
  }

  /** Goes back to a start model that is in force, because another one was refused. */
  stay(start: Start): void {
    this.#wanted = start
    this.kick()
  }

  /** The lines have changed. */
  kick(): void {
    this.#kicked = true
    this.#wake()
    if (this.#began || this.#closed) return
    this.#began = true
    this.#ended = this.#run()
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#wake()
    await this.#ended
  }

  async #run(): Promise<void> {
    while (!this.#closed) {
      this.#kicked = false
      const pause = await this.#turn()
      if (this.#kicked || this.#closed || pause === 0) continue
      await new Promise<void>((resolve) => {
        const cancel = this.#options.clock.after(pause, resolve)
        this.#wake = () => {
          cancel()
          resolve()
        }
      })
    }
  }

  /** One step; returns how long to wait for the next one. */
  async #turn(): Promise<number> {
    const { site, workers, observer } = this.#options
    await observer.ready()
    const status = await site.admin.status().catch((error: unknown) => (error instanceof Error ? error.message : String(error)))
    if (this.#closed || !this.#wanted) return this.#pace.idleMs
    if (typeof status === 'string') return this.#down(this.#wanted, status)
    if (!this.#up) await this.#came()
    workers.heard(status.workers)
    this.#recognise(status)
    if (this.#reloadNeeded(this.#wanted)) return this.#wanted === this.#refusedStart ? this.#pace.idleMs : this.#reload(this.#wanted)
    return this.#send(status)
  }

  async #down(wanted: Start, why: string): Promise<number> {
    const { site, workers, lines, writes } = this.#options
    if (this.#up) workers.heard([], why)
    this.#up = false
    if (!writes || this.#written === lines.version || (await site.pid()) !== undefined) return this.#pace.downMs
    const version = lines.version
    const verdict = await asVerdict(site.write(wanted, lines.whole()))
    this.#written = version
    if (!verdict.ok) this.#options.observer.refused('conf', verdict.message)
    return this.#pace.downMs
  }

  async #came(): Promise<void> {
    const found = await this.#options.site.start()
    this.#start = found?.start
    this.#loaded = found?.loaded ?? false
    this.#written = undefined
    this.#up = true
  }

  /** What nginx has, told by its version. */
  #recognise({ version }: NginxStatus): void {
    const { lines } = this.#options
    if (version === lines.version) {
      if (lines.sentVersion !== version) lines.tookWhole(lines.whole())
    } else if (version !== lines.sentVersion) lines.lost()
  }

  #reloadNeeded(wanted: Start): boolean {
    return !this.#loaded || !this.#start || reloadReasons(this.#start, wanted).length > 0
  }

  async #reload(wanted: Start): Promise<number> {
    const { site, lines, observer } = this.#options
    const verdict = await asVerdict(site.reload(this.#start, wanted, lines.whole()))
    if (verdict.ok) {
      this.#start = 'start' in verdict ? verdict.start : wanted
      this.#loaded = true
      this.reloads++
    } else {
      this.#refusedStart = wanted
      observer.refused('conf', verdict.message)
    }
    return 0
  }

  async #send(status: NginxStatus): Promise<number> {
    const { lines, workers, observer } = this.#options
    const mark = observer.mark()
    if (lines.version === this.#refusedVersion) return this.#pace.idleMs
    const version = lines.version
    const pending = lines.pending()
    const whole = lines.sentVersion === undefined || status.fold || this.#mustKeep() ? lines.whole() : undefined
    if (!whole && !pending) {
      if (workers.behind().length > 0) return this.#pace.ackMs
      observer.done(mark)
      return this.#pace.idleMs
    }
    const began = performance.now()
    const report = await (whole ? this.#put(whole) : this.#post(pending)).catch(() => undefined) // it died, or hangs: the next look tells
    if (!report) {
      lines.lost()
      return this.#pace.downMs
    }
    if (!report.accepted) {
      lines.lost()
      if (report.stale) return 0
      this.#refusedVersion = version
      observer.refused('lines', report.reason)
      return this.#pace.idleMs
    }
    const keys = whole ? [...whole.lines.keys()] : [...(pending?.lines.keys() ?? [])]
    if (whole) lines.tookWhole(whole)
    else if (pending) lines.took(pending)
    workers.sent(report.version, keys)
    workers.heard(report.workers)
    this.#keep(report, whole !== undefined)
    if (!report.applied) return this.#pace.ackMs
    observer.accepted(keys, performance.now() - began)
    observer.done(mark)
    return 0
  }

  /** Notes whether a start of nginx would find the change; after one that it would not, only a whole document settles that. */
  #keep({ saved, problem }: Extract<NginxReport, { accepted: true }>, whole: boolean): void {
    if (saved && whole) this.#unsavedAt = undefined
    else if (!saved && (whole || this.#unsavedAt === undefined)) this.#unsavedAt = this.#options.clock.now()
    if (!saved) this.#options.observer.unsaved(problem ?? 'for a reason that it does not tell')
    else if (this.#unsavedAt === undefined) this.#options.observer.unsaved(undefined)
  }

  /** A delta that was half written, because the disk was full, makes those after it unreadable: once there is room, only a whole document helps. */
  #mustKeep(): boolean {
    return this.#unsavedAt !== undefined && this.#options.clock.now() - this.#unsavedAt >= this.#pace.keepMs
  }

  #put(state: State): Promise<NginxReport> {
    this.#options.observer.sent([...state.lines.values()], [...state.lines.keys()])
    return this.#options.site.admin.put(state)
  }

  #post(sending: Sending | undefined): Promise<NginxReport> {
    if (!sending) throw new Error('there is nothing to send')
    this.#options.observer.sent([...sending.lines.values()], [...sending.lines.keys()])
    return this.#options.site.admin.post(sending.delta)
  }
}

/** A disk that is full, a process that is gone: whatever goes wrong is a refusal, and what was there stays. */
function asVerdict<V extends NginxVerdict>(verdict: Promise<V>): Promise<V | { ok: false; message: string }> {
  return verdict.catch((error: unknown) => ({ ok: false, message: error instanceof Error ? error.message : String(error) }))
}
