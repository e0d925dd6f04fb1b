import { contentHash } from '../lib/content-hash.ts'
import type { Delta } from '../nginx/delta.ts'
import type { Line, State } from '../nginx/state.ts'

/** What is sent at once, and what nginx has when it has taken it. */
export interface Sending {
  readonly delta: Delta
  /** The line under each key afterwards; undefined: gone. */
  readonly lines: ReadonlyMap<string, Line | undefined>
}

/**
 * What nginx should have, beside what it has: the state that the files make, and over it the lines that changed on their own (endpoints, addresses of
 * names). A change of one line costs one line, whatever the number of others.
 */
export class NginxLines {
  #base: State = { version: '', lines: new Map() }
  /** Lines that differ from those of the files. */
  readonly #over = new Map<string, Line>()
  /** Sum of the hashes of those lines: the same lines have the same sum, in whatever order they came. */
  #sum = 0n
  #version: string | undefined
  /** Keys under which nginx may have something else. */
  readonly #open = new Set<string>()
  #sent = new Map<string, Line>()
  #sentVersion: string | undefined

  /** Version of what nginx should have: that of the files' state as long as nothing else changed. Equal after a restart. */
  get version(): string {
    return (this.#version ??= this.#over.size === 0 ? this.#base.version : contentHash(`${this.#base.version} ${this.#sum.toString(16)}`))
  }

  /** Version of what nginx has taken last; undefined when nothing of it is known. */
  get sentVersion(): string | undefined {
    return this.#sentVersion
  }

  /** Keys under which nginx has something else than it should. */
  get open(): ReadonlySet<string> {
    return this.#open
  }

  /** The line that nginx should have. */
  wanted(key: string): Line | undefined {
    return this.#over.get(key) ?? this.#base.lines.get(key)
  }

  keys(): Iterable<string> {
    return this.#base.lines.keys()
  }

  /** Takes the state of the files, with these lines over it. Returns the keys that changed. */
  rebase(state: State, over: Iterable<Line>): string[] {
    const before = new Map([...this.#base.lines, ...this.#over])
    this.#base = state
    this.#over.clear()
    this.#sum = 0n
    this.#version = undefined
    for (const line of over) this.#lay(line)
    const changed = [...before.keys()].filter((key) => !state.lines.has(key))
    for (const key of state.lines.keys()) if (before.get(key)?.version !== this.wanted(key)?.version) changed.push(key)
    for (const key of changed) this.#compare(key)
    return changed
  }

  /** One line alone. False when it is as it was. */
  put(line: Line): boolean {
    if (this.wanted(line.key)?.version === line.version) return false
    this.#lay(line)
    this.#version = undefined
    this.#compare(line.key)
    return true
  }

  /** What nginx lacks; undefined when it lacks nothing, or when what it has is not known. */
  pending(): Sending | undefined {
    if (this.#sentVersion === undefined || this.#sentVersion === this.version) return undefined
    const lines = new Map([...this.#open].map((key) => [key, this.wanted(key)] as const))
    const put = [...lines.values()].filter((line) => line !== undefined)
    const remove = [...lines].flatMap(([key, line]) => (line || !this.#sent.has(key) ? [] : [key]))
    return { delta: { from: this.#sentVersion, to: this.version, put, remove }, lines }
  }

  /** nginx has taken it. */
  took({ delta, lines }: Sending): void {
    for (const [key, line] of lines) {
      if (line) this.#sent.set(key, line)
      else this.#sent.delete(key)
      this.#compare(key)
    }
    this.#sentVersion = delta.to
  }

  /** Everything, for a nginx that has something else. */
  whole(): State {
    return this.#over.size === 0 ? this.#base : { version: this.version, lines: new Map([...this.#base.lines, ...this.#over]) }
  }

  /** nginx has this whole state. */
  tookWhole({ version, lines }: State): void {
    this.#sent = new Map(lines)
    this.#sentVersion = version
    this.#open.clear()
    for (const key of new Set([...this.#base.lines.keys(), ...lines.keys()])) this.#compare(key)
  }

  /** Whatever nginx has, it is not what it took from here. */
  lost(): void {
    this.#sentVersion = undefined
  }

  #lay(line: Line): void {
    const old = this.#over.get(line.key)
    if (old) this.#sum -= weightOf(old)
    this.#over.delete(line.key)
    if (this.#base.lines.get(line.key)?.version === line.version) return
    this.#over.set(line.key, line)
    this.#sum += weightOf(line)
  }

  #compare(key: string): void {
    if (this.wanted(key)?.version === this.#sent.get(key)?.version) this.#open.delete(key)
    else this.#open.add(key)
  }
}

function weightOf({ key, version }: Line): bigint {
  return BigInt(`0x${contentHash(`${key} ${version}`)}`)
}
