import { Counter, Gauge, Histogram, type Registry } from 'prom-client'
import type { FleetEvent, Proxy } from '../live/fleet.ts'
import type { AdminSource } from './source.ts'

const ackBuckets = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]

/** The names of metrics say which way the proxies are reached. */
const ways = { envoy: 'xds', nginx: 'nginx' } as const

/** What happens on the way to the proxies. Counts events only: a scrape costs the same with one proxy and with a thousand. */
export function streamMetrics(registry: Registry, source: AdminSource): (event: FleetEvent) => void {
  const registers = [registry]
  const way = ways[source.target]
  const counter = (name: string, help: string) => new Counter({ name, help, labelNames: ['type'], registers })
  const pushes = counter(`sluice_${way}_pushes_total`, 'Responses sent to proxies, by resource type.')
  const resources = counter(`sluice_${way}_pushed_resources_total`, 'Resources sent to proxies, by type.')
  const bytes = counter(`sluice_${way}_pushed_bytes_total`, 'Bytes of responses sent to proxies, by resource type.')
  const acks = counter(`sluice_${way}_acks_total`, 'Responses that proxies have accepted, by resource type.')
  const nacks = counter(`sluice_${way}_nacks_total`, 'Responses that proxies have refused, by resource type.')
  const rejected = counter(`sluice_${way}_rejected_resources_total`, 'Resource versions that proxies have refused, by type.')
  const refused = new Counter({ name: `sluice_${way}_refused_proxies_total`, help: 'Proxies that were not served, such as too old ones.', registers })
  const ended = new Counter({
    name: `sluice_${way}_disconnects_total`,
    help: 'Streams that ended: in order, or with an error.',
    labelNames: ['result'],
    registers,
  })
  const latency = new Histogram({
    name: `sluice_${way}_push_to_ack_seconds`,
    help: 'Time from a push to its acceptance by the proxy, by resource type.',
    labelNames: ['type'],
    buckets: ackBuckets,
    registers,
  })
  const connected = streamGauges(registry, source)
  return (event) => {
    switch (event.kind) {
      case 'connected':
        return connected.add(event.proxy)
      case 'disconnected':
        ended.inc({ result: event.error === undefined ? 'orderly' : 'error' })
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

function streamGauges(registry: Registry, { target, fleet }: AdminSource): Connected {
  const way = ways[target]
  const connected = new Connected([...fleet.proxies()])
  const gauge = (name: string, help: string, value: () => number) =>
    new Gauge({
      name,
      help,
      registers: [registry],
      collect() {
        this.set(value())
      },
    })
  gauge(`sluice_${way}_connected_proxies`, 'Proxies with an open stream.', () => connected.size)
  gauge(`sluice_${way}_publish`, 'Number of the last publish that changed something.', () => fleet.publishes)
  return connected
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
