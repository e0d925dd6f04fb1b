import type { Compiled, Good } from '../compile.ts'
import type { XdsObserver } from '../xds/events.ts'
import type { XdsStatus } from '../xds/status.ts'

/** One look at the files, as the admin API needs to know it. */
export interface Look {
  /** Milliseconds since 1970. */
  readonly at: number
  readonly compiled: Compiled
  /** How long it took, in milliseconds. */
  readonly ms?: number
}

/** What the admin API shows; `Serving` is one. */
export interface AdminSource {
  readonly xds: {
    status(): XdsStatus
    onEvent(observer: XdsObserver): () => void
  }
  /** What the proxies are given now. */
  readonly good: Good | undefined
  /** The newest look at the files; it may have ended without anything usable. */
  readonly last: Look
  /** Calls `observer` after each look at the files; the returned function ends that. */
  onOutcome?(observer: (look: Look) => void): () => void
}

/** State of the proxy that `run` supervises, in its own words. */
export interface EngineState {
  /** Such as `running`, `restarting`. */
  readonly state: string
  readonly detail?: string
}
