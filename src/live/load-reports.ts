import type { Feature } from '../feature.ts'
import type { Service } from '../model/gateway.ts'
import type { Clock } from '../xds/clock.ts'
import { endpointKey, noLoads, type ServiceLoads, withReport } from './loads.ts'

export interface LoadReportsOptions {
  readonly features: readonly Feature[]
  readonly clock: Clock
  /** The service as the file, and everything that is live but load, says it is; undefined when there is none of that name. */
  readonly service: (name: string) => Service | undefined
  /** Publishes one service, such as `Publisher.update`. */
  readonly publish: (service: Service) => void
}

interface Known {
  loads: ServiceLoads
  /** What was published last. */
  served: Service | undefined
  cancel?: () => void
}

/** The load of instances, kept beside the gateway by service: a report changes the weights of its service and costs only that service. */
export class LoadReports {
  readonly #options: LoadReportsOptions
  readonly #services = new Map<string, Known>()

  constructor(options: LoadReportsOptions) {
    this.#options = options
  }

  /** One report: `endpoint` is `address:port`, `load` 0 idle to 1 full. False when there is no such service or endpoint: nothing is kept of it. */
  report(service: string, endpoint: string, load: number): boolean {
    const base = this.#options.service(service)
    if (!base?.discovery.endpoints.some((one) => endpointKey(one) === endpoint)) return false
    const known = this.#services.get(service) ?? { loads: noLoads, served: base }
    this.#services.set(service, known)
    known.loads = withReport(known.loads, endpoint, load, this.#options.clock.now())
    this.#weigh(service, known)
    return true
  }

  /** To be called after every publish of a gateway: an edit of a service is published with the file's weights. */
  again(): void {
    for (const [name, known] of this.#services) {
      known.served = this.#options.service(name)
      if (known.served) this.#weigh(name, known)
      else this.#forget(name, known)
    }
  }

  close(): void {
    for (const [name, known] of this.#services) this.#forget(name, known)
  }

  #weigh(name: string, known: Known): void {
    const { clock, features, publish } = this.#options
    known.cancel?.()
    const base = this.#options.service(name)
    if (!base) return this.#forget(name, known)
    const now = clock.now()
    const { service, until } = weighed(features, base, known.loads, now)
    if (until === undefined) this.#services.delete(name)
    else known.cancel = clock.after(until - now, () => this.#weigh(name, known))
    if (sameWeights(service, known.served)) return
    known.served = service
    publish(service)
  }

  #forget(name: string, known: Known): void {
    known.cancel?.()
    this.#services.delete(name)
  }
}

function weighed(features: readonly Feature[], service: Service, loads: ServiceLoads, now: number): { service: Service; until?: number } {
  for (const feature of features) {
    const value = service.policies[feature.name]
    if (value !== undefined && feature.weigh) return feature.weigh(value, service, loads, now)
  }
  return { service }
}

function sameWeights(a: Service, b: Service | undefined): boolean {
  if (a === b) return true
  const before = b?.discovery.endpoints
  return (
    before?.length === a.discovery.endpoints.length &&
    a.discovery.endpoints.every(({ address, port, weight }, index) => {
      const old = before[index]
      return old?.address === address && old.port === port && old.weight === weight
    })
  )
}
