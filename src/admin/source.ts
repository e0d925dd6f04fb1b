import type { Compiled, Good } from '../compile.ts'
import type { Diagnostic } from '../diagnostics/diagnostic.ts'
import type { ServeEvent } from '../reload/events.ts'
import type { Fleet } from '../live/fleet.ts'
import type { Target } from '../target.ts'

/** One look at the files, as the admin API needs to know it. */
export interface Look {
  /** Milliseconds since 1970. */
  readonly at: number
  readonly compiled: Pick<Compiled<Target>, 'diagnostics' | 'files' | 'good'>
  /** Why a usable change is not published yet. */
  readonly held: { readonly reason: string } | undefined
  readonly diagnostics: readonly Diagnostic[]
}

/** What the admin API shows; `Following` is one. */
export interface AdminSource {
  /** The engine of the proxies. */
  readonly target: Target
  readonly fleet: Pick<Fleet, 'proxies' | 'refused' | 'publishes' | 'onEvent'>
  /** What the proxies are given now. */
  readonly good: Good<Target> | undefined
  /** The newest look at the files. */
  readonly last: Look
  readonly state: 'serving' | 'last-good' | 'held'
  /** The latest, oldest first. */
  readonly events: readonly ServeEvent[]
  onEvent(listener: (event: ServeEvent) => void): () => void
}

/** State of the proxy that `run` supervises, in its own words. */
export interface EngineState {
  /** Such as `running`, `restarting`. */
  readonly state: string
  readonly detail?: string
  /** Asks the proxy which endpoints get no requests from it, the first 100; rejects when it does not answer within 1 s. Called only when somebody looks. */
  readonly sickEndpoints?: () => Promise<readonly { readonly service: string; readonly address: string; readonly reason: string }[]>
  /** The proxy's own metrics in the text format of Prometheus, in pieces. Throws when it does not answer. */
  readonly metrics?: () => AsyncIterable<string>
}
