import type { NginxWorker } from '../engine/nginx-admin.ts'
import type { FleetEvent, Proxy, ProxyStatus, Rejection } from './fleet.ts'
import { keyOf } from './nginx-events.ts'
import type { NginxLines } from './nginx-lines.ts'

/** One worker as it was when it was last heard of. */
interface Seen {
  readonly proxy: Proxy
  readonly pid: number | undefined
  readonly since: number
  readonly version: string | undefined
}

/** What the status adds to the lines that workers have. */
export interface Around {
  /** Number of the last publish that changed a type. */
  readonly publishOf: (type: string) => number
  /** nginx.conf: whether it is in force. */
  readonly conf: { readonly publish: number; readonly accepted: boolean }
  readonly rejected: readonly Rejection[]
  readonly waiting: readonly string[]
}

/** Sends that are remembered, to tell what a worker that is behind has not got. */
const remembered = 64

/** The type under which nginx.conf stands in the status. */
export const confType = 'nginx.conf'

/** The workers of one nginx, shown as proxies are. */
export class NginxWorkers {
  readonly #lines: NginxLines
  readonly #who: Omit<Proxy, 'id'> & { readonly host: string }
  readonly #emit: (event: FleetEvent) => void
  readonly #now: () => number
  #seen: readonly Seen[] = []
  /** Keys of the latest sends, oldest first, by the version that they led to. */
  #sends: readonly { readonly version: string; readonly keys: ReadonlySet<string> }[] = []

  constructor(lines: NginxLines, who: Omit<Proxy, 'id'> & { readonly host: string }, now: () => number, emit: (event: FleetEvent) => void) {
    this.#lines = lines
    this.#who = who
    this.#now = now
    this.#emit = emit
  }

  get count(): number {
    return this.#seen.length
  }

  /** Whether every worker has a state at all. */
  get ready(): boolean {
    return this.#seen.length > 0 && this.#seen.every(({ version }) => version !== undefined)
  }

  /** Those that have not taken what nginx has taken. */
  behind(): readonly Proxy[] {
    return this.#seen.filter(({ version }) => version !== this.#lines.sentVersion).map(({ proxy }) => proxy)
  }

  all(): readonly Proxy[] {
    return this.#seen.map(({ proxy }) => proxy)
  }

  /** What nginx says of its workers now; an empty list: it does not run. */
  heard(workers: readonly NginxWorker[], why?: string): void {
    const before = new Map(this.#seen.map((one) => [one.proxy.id, one]))
    this.#seen = workers.map(({ worker, pid, version }) => {
      const { host, ...who } = this.#who
      const proxy: Proxy = { ...who, id: `${host}/worker-${worker}` }
      const known = before.get(proxy.id)
      before.delete(proxy.id)
      if (known && known.pid === pid) return { ...known, version }
      if (known) this.#left(known, 'its process ended')
      this.#emit({ kind: 'connected', proxy })
      return { proxy, pid, since: this.#now(), version }
    })
    for (const gone of before.values()) this.#left(gone, why)
  }

  sent(version: string, keys: Iterable<string>): void {
    this.#sends = [...this.#sends, { version, keys: new Set(keys) }].slice(-remembered)
  }

  *statuses(around: Around): Iterable<ProxyStatus> {
    const counts = new Map<string, { wanted: number; open: number }>()
    const count = (key: string, open: boolean): void => {
      const { type } = keyOf(key)
      const one = counts.get(type) ?? { wanted: 0, open: 0 }
      counts.set(type, { wanted: one.wanted + (open ? 0 : 1), open: one.open + (open ? 1 : 0) })
    }
    for (const key of this.#lines.keys()) count(key, false)
    for (const key of this.#lines.open) if (this.#lines.wanted(key)) count(key, true)
    for (const { proxy, since, version } of this.#seen) {
      const missing = this.#missing(version)
      const types: Record<string, { subscribed: 'all'; wanted: { resources: number; publish: number }; sent: number; accepted: number }> = {
        [confType]: {
          subscribed: 'all',
          wanted: { resources: 1, publish: around.conf.publish },
          sent: 1,
          accepted: around.conf.accepted ? 1 : 0,
        },
      }
      for (const [type, { wanted, open }] of counts) {
        const sent = wanted - open
        types[type] = {
          subscribed: 'all',
          wanted: { resources: wanted, publish: around.publishOf(type) },
          sent,
          accepted: missing === 'all' ? 0 : sent - (missing.get(type) ?? 0),
        }
      }
      yield { ...proxy, connectedSince: since, types, rejected: around.rejected, waiting: around.waiting, suppressed: 0, staleNonces: 0 }
    }
  }

  /** Of what was sent and is still wanted, how much of each type a worker at that version lacks. */
  #missing(version: string | undefined): ReadonlyMap<string, number> | 'all' {
    const lacks = new Map<string, number>()
    if (version === this.#lines.sentVersion && version !== undefined) return lacks
    const at = this.#sends.findLastIndex((send) => send.version === version)
    if (at === -1) return 'all'
    const keys = new Set(this.#sends.slice(at + 1).flatMap((send) => [...send.keys]))
    for (const key of keys) {
      if (this.#lines.open.has(key) || !this.#lines.wanted(key)) continue
      const { type } = keyOf(key)
      lacks.set(type, (lacks.get(type) ?? 0) + 1)
    }
    return lacks
  }

  #left({ proxy, since }: Seen, error: string | undefined): void {
    this.#emit({ kind: 'disconnected', proxy, ms: this.#now() - since, error })
  }
}
