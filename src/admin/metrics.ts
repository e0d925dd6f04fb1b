import { collectDefaultMetrics, Registry } from 'prom-client'
import type { ServeEvent } from '../reload/events.ts'
import type { FleetEvent } from '../live/fleet.ts'
import { configGauges, compileMetrics } from './config-metrics.ts'
import type { History } from './history.ts'
import { lagMetrics } from './lag-metrics.ts'
import type { AdminSource } from './source.ts'
import { streamMetrics } from './stream-metrics.ts'

export interface Metrics {
  readonly registry: Registry
  /** Counts what happens on the streams. */
  readonly observe: (event: FleetEvent) => void
  /** Counts what happens to the files. */
  readonly followed: (event: ServeEvent) => void
  readonly close: () => void
}

/**
 * The metrics of the control plane. Labels are `type`, `result`, `severity`, `state` and `stat`, each with a handful of values, so the number of series
 * depends neither on routes and services nor on proxies.
 */
export function createMetrics(source: AdminSource, history: History): Metrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const lag = lagMetrics(registry)
  configGauges(registry, source, history)
  return { registry, followed: compileMetrics(registry), observe: streamMetrics(registry, source), close: lag.close }
}
