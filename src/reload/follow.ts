import type { Compiled, Good } from '../compile.ts'
import type { Diagnostic } from '../diagnostics/diagnostic.ts'
import type { Files } from '../config/files.ts'
import { contentHash } from '../lib/content-hash.ts'
import type { Target } from '../target.ts'
import type { Clock } from '../xds/clock.ts'
import { PublishRefused } from '../xds/closure.ts'
import type { PublishReceipt } from '../live/fleet.ts'
import type { Happening } from './events.ts'
import { Hold, type Held, type HoldTimes, type State } from './hold.ts'
import { defaultRest, type Rest, settled } from './settle.ts'
import { changedPaths, replacedWhole, type Stamps, stampsOf } from './stamps.ts'

/** How one look at the files ended. */
export interface Outcome<T extends Target = Target> {
  /** Milliseconds since 1970. */
  readonly at: number
  readonly compiled: Compiled<T>
  /** The publish that brought the proxies to what the files say; undefined when the files are not usable, or wait, and what was served stays. */
  readonly receipt: PublishReceipt | undefined
  /** Why a usable change is not published yet. */
  readonly held: Held | undefined
  /** Findings of the compile, and what the publisher refused. */
  readonly diagnostics: readonly Diagnostic[]
}

export interface FollowPorts<T extends Target> {
  readonly compile: () => Promise<Compiled<T>>
  readonly publish: (good: Good<T>, compiled: Compiled<T>) => PublishReceipt
  readonly files: Files
  readonly clock: Clock
  readonly emit: (event: Happening) => void
  /** Called at the end of each look. */
  readonly looked: (outcome: Outcome<T>) => void
  /** How files are looked at without reading them; default the file system. */
  readonly stamps?: (watched: Iterable<string>) => Promise<Stamps>
  readonly rest?: Rest
  readonly holdTimes?: HoldTimes
}

/** Looks at the files when told, one look at a time, and publishes what is whole, usable and not held. */
export class Follower<T extends Target> {
  readonly #ports: FollowPorts<T>
  readonly #hold: Hold
  #stamps: Stamps = new Map()
  #watched: readonly string[]
  #served: State | undefined
  #last: { readonly fingerprint: string; readonly outcome: Outcome<T> } | undefined
  #cancel: () => void = () => {}
  #tail: Promise<unknown> = Promise.resolve()
  #waiting: Promise<Outcome<T>> | undefined
  #noticing = false
  #again = false
  #receipt: PublishReceipt | undefined
  #closed = false

  constructor(root: string, ports: FollowPorts<T>) {
    this.#watched = [root]
    this.#ports = ports
    this.#hold = new Hold(ports.holdTimes)
  }

  /** Something else is served now than what this follower published. */
  served(good: Good<T>, compiled: Compiled<T>): void {
    this.#served = { gateway: good.gateway, texts: textsOf(compiled), stamps: new Map(), fingerprint: fingerprintOf(compiled) }
  }

  /** A look that begins after this call. Without a rest before it, files are still read twice and must be the same. */
  look(reason: string, rest: boolean): Promise<Outcome<T>> {
    if (this.#waiting) return this.#waiting
    const next = this.#tail.then(() => {
      if (this.#waiting === next) this.#waiting = undefined
      return this.#look(reason, rest)
    })
    this.#waiting = next
    this.#tail = next.catch(() => undefined)
    return next
  }

  /** The files may have changed: looks when they have, after a rest. Resolves when that is done. */
  async notice(): Promise<void> {
    this.#again = true
    if (this.#noticing) return
    this.#noticing = true
    while (this.#again && !this.#closed) {
      this.#again = false
      await this.#guard(async () => {
        if (changedPaths(this.#stamps, await this.#stampsNow()).length > 0) await this.look('a file changed', true)
      })
    }
    this.#noticing = false
  }

  /** A defect in one look must not end the following. */
  async #guard(look: () => Promise<unknown>): Promise<void> {
    try {
      await look()
    } catch (error) {
      this.#ports.emit({ kind: 'watch-problem', message: `a look at the files failed: ${error instanceof Error ? error.message : String(error)}` })
    }
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#cancel()
    await this.#tail
  }

  #stampsNow(): Promise<Stamps> {
    return this.#ports.stamps ? this.#ports.stamps(this.#watched) : stampsOf(this.#watched, this.#ports.files)
  }

  async #look(reason: string, rest: boolean): Promise<Outcome<T>> {
    const { clock, compile } = this.#ports
    const start = clock.now()
    for (let resting = rest; ; resting = true) {
      const before = resting ? await this.#rested() : await this.#stampsNow()
      const compiled = await compile()
      const known = new Set(this.#watched)
      const grew = compiled.watched.some((path) => !known.has(path))
      this.#watched = compiled.watched
      // What was not watched before may be half-written as well.
      const after = grew && rest ? await this.#rested() : await this.#stampsNow()
      const same = changedPaths(before, after).length === 0 && (await this.#sameTexts(compiled, after))
      if (!same && !this.#closed) {
        // A file that is always replaced as a whole never rests, and was whole when it was read. The next look sees what it is by then.
        if (!replacedWhole(before, after) || clock.now() - start < (this.#ports.rest ?? defaultRest).ceilingMs) continue
        this.#stamps = before
        void this.notice()
        return this.#take(compiled, reason, start)
      }
      this.#stamps = after
      if (this.#closed && this.#last) return this.#last.outcome
      return this.#take(compiled, reason, start)
    }
  }

  #rested(): Promise<Stamps> {
    return settled(
      () => this.#stampsNow(),
      this.#ports.clock,
      this.#ports.rest,
      () => this.#closed,
    )
  }

  /** Reads what is new once more: a file that is being written is not the same twice. */
  async #sameTexts({ files }: Compiled<T>, stamps: Stamps): Promise<boolean> {
    for (const { file, text } of files.values()) {
      // A pipe gives its text only once.
      if (this.#served?.texts.get(file) === text || stamps.get(file)?.file === '') continue
      const again = await this.#ports.files.read(file)
      if (!('text' in again) || again.text !== text) return false
    }
    return true
  }

  #take(compiled: Compiled<T>, reason: string, start: number): Outcome<T> {
    const { clock, emit } = this.#ports
    const texts = textsOf(compiled)
    const fingerprint = fingerprintOf(compiled)
    const isNew = this.#last?.fingerprint !== fingerprint
    if (isNew) {
      const warnings = compiled.diagnostics.filter(({ severity }) => severity === 'warning').length
      emit({ kind: 'compiled', reason, ms: clock.now() - start, files: compiled.files.size, warnings })
    }
    const outcome = compiled.good ? this.#offer(compiled, compiled.good, texts, fingerprint) : this.#refuse(compiled, compiled.diagnostics)
    if (outcome.receipt === undefined && !outcome.held && isNew) emit({ kind: 'rejected', diagnostics: outcome.diagnostics })
    this.#last = { fingerprint, outcome }
    this.#ports.looked(outcome)
    return outcome
  }

  #offer(compiled: Compiled<T>, good: Good<T>, texts: ReadonlyMap<string, string>, fingerprint: string): Outcome<T> {
    const { clock, emit } = this.#ports
    const waited = this.#hold.held
    const next: State = { gateway: good.gateway, texts, stamps: this.#stamps, fingerprint }
    const held = this.#hold.judge(this.#served, next, clock.now())
    this.#cancel()
    if (held) {
      if (held !== waited) emit({ kind: 'held', reason: held.reason, until: held.until })
      this.#cancel = clock.after(Math.max(1, held.until - clock.now()), () => void this.#guard(() => this.look('the hold is over', true)))
      return { at: clock.now(), compiled, receipt: undefined, held, diagnostics: compiled.diagnostics }
    }
    if (waited?.fingerprint === fingerprint) emit({ kind: 'released', reason: waited.reason })
    try {
      const receipt = this.#ports.publish(good, compiled)
      this.#served = next
      if (receipt.changed.length > 0) emit({ kind: 'published', receipt })
      else if (this.#last && !this.#last.outcome.receipt) emit({ kind: 'back', from: this.#last.outcome.held ? 'held' : 'rejected' })
      if (receipt.changed.length > 0 || !this.#receipt) this.#receipt = receipt
      return { at: clock.now(), compiled, receipt: this.#receipt, held: undefined, diagnostics: compiled.diagnostics }
    } catch (error) {
      if (!(error instanceof PublishRefused)) throw error
      return this.#refuse(compiled, [...compiled.diagnostics, ...error.problems.map(refusal)])
    }
  }

  #refuse(compiled: Compiled<T>, diagnostics: readonly Diagnostic[]): Outcome<T> {
    this.#hold.drop()
    this.#cancel()
    return { at: this.#ports.clock.now(), compiled, receipt: undefined, held: undefined, diagnostics }
  }
}

const textsOf = ({ files }: Pick<Compiled, 'files'>): ReadonlyMap<string, string> => new Map([...files].map(([path, { text }]) => [path, text]))

/** Equal for equal files with equal findings; a certificate is not part of it. */
function fingerprintOf({ files, diagnostics }: Pick<Compiled, 'files' | 'diagnostics'>): string {
  const hashes = [...files].map(([path, { hash }]) => [path, hash])
  return contentHash(JSON.stringify([hashes, diagnostics.map(({ code, message }) => [code, message])]))
}

const refusal = (problem: string): Diagnostic => ({
  code: 'envoy/refused-change',
  severity: 'error',
  message: `the change cannot be published: ${problem}`,
  help: 'this is a defect of sluice; what was served goes on',
})
