import { Counter, Gauge, Histogram, type Registry } from 'prom-client'
import type { ServeEvent } from '../reload/events.ts'
import type { History } from './history.ts'
import type { AdminSource } from './source.ts'

const compileBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]

/** Whether a compile was good is told by the event that follows it at once, if any does. */
export function compileMetrics(registry: Registry): (event: ServeEvent) => void {
  const registers = [registry]
  const looks = new Counter({
    name: 'sluice_compiles_total',
    help: 'Compiles of the configuration files, by result.',
    labelNames: ['result'],
    registers,
  })
  const seconds = new Histogram({
    name: 'sluice_compile_seconds',
    help: 'Time from the first look at changed files to their resources.',
    buckets: compileBuckets,
    registers,
  })
  for (const result of ['good', 'bad']) looks.inc({ result }, 0)
  let open = false
  const end = (result: 'good' | 'bad'): void => {
    if (open) looks.inc({ result })
    open = false
  }
  return (event) => {
    if (event.kind === 'rejected') return end('bad')
    if (event.kind !== 'compiled') return
    end('good')
    open = true
    seconds.observe(event.ms / 1_000)
    queueMicrotask(() => end('good'))
  }
}

/** What is served, in relation to the files. */
export function configGauges(registry: Registry, source: AdminSource, history: History): void {
  const registers = [registry]
  new Gauge({
    name: 'sluice_config_findings',
    help: 'Findings of the newest look at the files, by severity.',
    labelNames: ['severity'],
    registers,
    collect() {
      const counts = { error: 0, warning: 0, info: 0 }
      for (const { severity } of source.last.diagnostics) counts[severity]++
      for (const [severity, count] of Object.entries(counts)) this.set({ severity }, count)
    },
  })
  new Gauge({
    name: 'sluice_config_state',
    help: '1 for the state that the configuration is in, 0 for the others.',
    labelNames: ['state'],
    registers,
    collect() {
      const now = history.now() ? source.state : 'none'
      for (const state of ['serving', 'held', 'last-good', 'none']) this.set({ state }, state === now ? 1 : 0)
    },
  })
  new Gauge({
    name: 'sluice_config_published_timestamp_seconds',
    help: 'When the served configuration was published, in seconds since 1970; 0 when there is none.',
    registers,
    collect() {
      this.set((history.now()?.since ?? 0) / 1_000)
    },
  })
  new Gauge({
    name: 'sluice_config_last_good_age_seconds',
    help: 'Age of what is served while the files say something else; 0 when the files are served.',
    registers,
    collect() {
      const since = source.state === 'serving' ? undefined : history.now()?.since
      this.set(since === undefined ? 0 : Math.max(0, Date.now() - since) / 1_000)
    },
  })
}
