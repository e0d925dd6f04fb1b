import type { Registry } from 'prom-client'
import type { Culprits } from './culprits.ts'
import type { History } from './history.ts'
import type { AdminSource, EngineState } from './source.ts'

/** What the resources of the admin API work with. */
export interface AdminContext {
  readonly source: AdminSource
  readonly history: History
  readonly culprits: Culprits
  readonly registry: Registry
  /** Whether the supervised proxy has accepted a configuration; absent when no proxy is supervised. */
  readonly ready: (() => Promise<boolean> | boolean) | undefined
  readonly engine: (() => EngineState | undefined) | undefined
  /** Told what went wrong inside. */
  readonly logError: (error: Error) => void
}
