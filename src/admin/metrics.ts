import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { Proxy, XdsEvent } from '../xds/events.ts'
import { configState } from './config-state.ts'
import type { History } from './history.ts'
import { lagMetrics } from './lag-metrics.ts'
import type { AdminSource, Look } from './source.ts'

export interface Metrics {
  readonly registry: Registry
  /** Counts what happens on the streams. */
  readonly observe: (event: XdsEvent) => void
  /** Counts a look at the files. */
  readonly looked: (look: Look) => void
  readonly close: () => void
}

const compileBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]
const ackBuckets = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]

/**
 * The metrics of the control plane. Labels are `type`, `result`, `severity` and `stat`, each with a handful of values, so the number of series
 * depends neither on routes and services nor on proxies.
 */
export function createMetrics(source: AdminSource, history: History): Metrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const lag = lagMetrics(registry)
  configGauges(registry, source, history)
  return { registry, looked: lookMetrics(registry), observe: streamMetrics(registry, source), close: lag.close }
}

function lookMetrics(registry: Registry): (look: Look) => void {
  const registers = [registry]
  const looks = new Counter({
    name: 'sluice_compiles_total',
    help: 'Looks at the configuration files, by result.',
    labelNames: ['result'],
    registers,
  })
  const seconds = new Histogram({
    name: 'sluice_compile_seconds',
    help: 'Time from reading the files to their resources.',
    buckets: compileBuckets,
    registers,
  })
  for (const result of ['good', 'bad']) looks.inc({ result }, 0)
  return ({ compiled, ms }) => {
    looks.inc({ result: compiled.good ? 'good' : 'bad' })
    if (ms !== undefined) seconds.observe(ms / 1_000)
  }
}

function configGauges(registry: Registry, source: AdminSource, history: History): void {
  const registers = [registry]
  new Gauge({
    name: 'sluice_config_findings',
    help: 'Findings of the newest look at the files, by severity.',
    labelNames: ['severity'],
    registers,
    collect() {
      const counts = { error: 0, warning: 0, info: 0 }
      for (const { severity } of source.last.compiled.diagnostics) counts[severity]++
      for (const [severity, count] of Object.entries(counts)) this.set({ severity }, count)
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
    help: 'How long something older than the files has been served; 0 when the files are served.',
    registers,
    collect() {
      const { state, since } = configState(source, history)
      this.set(state === 'current' || since === undefined ? 0 : (Date.now() - since) / 1_000)
    },
  })
}

function streamMetrics(registry: Registry, source: AdminSource): (event: XdsEvent) => void {
  const registers = [registry]
  const counter = (name: string, help: string) => new Counter({ name, help, labelNames: ['type'], registers })
  const pushes = counter('sluice_xds_pushes_total', 'Responses sent to proxies, by resource type.')
  const resources = counter('sluice_xds_pushed_resources_total', 'Resources sent to proxies, by type.')
  const bytes = counter('sluice_xds_pushed_bytes_total', 'Bytes of responses sent to proxies, by resource type.')
  const acks = counter('sluice_xds_acks_total', 'Responses that proxies have accepted, by resource type.')
  const nacks = counter('sluice_xds_nacks_total', 'Responses that proxies have refused, by resource type.')
  const rejected = counter('sluice_xds_rejected_resources_total', 'Resource versions that proxies have refused, by type.')
  const refused = new Counter({ name: 'sluice_xds_refused_proxies_total', help: 'Proxies that were not served, such as too old ones.', registers })
  const latency = new Histogram({
    name: 'sluice_xds_push_to_ack_seconds',
    help: 'Time from a push to its acceptance by the proxy, by resource type.',
    labelNames: ['type'],
    buckets: ackBuckets,
    registers,
  })
  const connected = new Connected(source.xds.status().proxies)
  new Gauge({
    name: 'sluice_xds_connected_proxies',
    help: 'Proxies with an open stream.',
    registers,
    collect() {
      this.set(connected.size)
    },
  })
  return (event) => {
    switch (event.kind) {
      case 'connected':
        return connected.add(event.proxy)
      case 'disconnected':
        return connected.remove(event.proxy)
      case 'refused':
        return refused.inc()
      case 'pushed':
        pushes.inc({ type: event.type })
        resources.inc({ type: event.type }, event.resources)
        return bytes.inc({ type: event.type }, event.bytes)
      case 'accepted':
        acks.inc({ type: event.type })
        return latency.observe({ type: event.type }, event.ms / 1_000)
      case 'nack':
        return nacks.inc({ type: event.type })
      case 'rejected':
        return rejected.inc({ type: event.rejection.type })
    }
  }
}

/** Counts streams by who is at the other end; streams that never said who they are do not count. */
class Connected {
  readonly #streams = new Map<string, number>()
  size = 0

  constructor(proxies: readonly Proxy[]) {
    for (const proxy of proxies) this.add(proxy)
  }

  add({ id, address }: Proxy): void {
    const key = `${id}\0${address}`
    this.#streams.set(key, (this.#streams.get(key) ?? 0) + 1)
    this.size++
  }

  remove({ id, address }: Proxy): void {
    const key = `${id}\0${address}`
    const count = this.#streams.get(key)
    if (count === undefined) return
    if (count === 1) this.#streams.delete(key)
    else this.#streams.set(key, count - 1)
    this.size--
  }
}
