import type { Diagnostic } from '../diagnostics/diagnostic.ts'
import { changeBetween, type EnvoyEmitter } from '../envoy/emit.ts'
import { settleMs } from '../envoy/patches.ts'
import { EndpointSwaps } from '../envoy/swap.ts'
import type { Feature } from '../feature.ts'
import type { Cx } from '../model/cx.ts'
import type { EntityKey, Gateway, Service } from '../model/gateway.ts'
import type { Clock } from '../xds/clock.ts'
import type { Change, Resource } from '../xds/resource.ts'
import type { PublishReceipt } from '../xds/settle.ts'
import type { Xds } from '../xds/xds.ts'

/**
 * The one way to the proxies. A whole gateway is published as the difference to what is served; a single service that changed on its own
 * (registered, drained, reweighted) costs only itself, whatever the size of the gateway.
 */
export class Publisher {
  readonly #xds: Xds
  readonly #features: readonly Feature[]
  readonly #emitter: EnvoyEmitter
  readonly #clock: Clock
  readonly #swaps = new EndpointSwaps()
  readonly #timers = new Map<string, () => void>()
  readonly #changed = new Map<string, Service>()
  #wanted: ReadonlyMap<string, Resource> = new Map()
  #live = new Map<string, Resource>()
  #gateway: Gateway | undefined

  constructor(xds: Xds, features: readonly Feature[], emitter: EnvoyEmitter, clock: Clock) {
    this.#xds = xds
    this.#features = features
    this.#emitter = emitter
    this.#clock = clock
  }

  /** Publishes everything that is different. Live changes of services are laid aside: the file is the new truth. */
  publish(gateway: Gateway, resources: ReadonlyMap<string, Resource>): PublishReceipt {
    const before = this.#live.size === 0 ? this.#wanted : new Map([...this.#wanted, ...this.#live])
    this.#gateway = gateway
    this.#wanted = resources
    this.#live = new Map()
    this.#changed.clear()
    return this.#send(changeBetween(before, resources))
  }

  /** Publishes one service as it is now; returns what is wrong with it instead, when Envoy would refuse it. */
  update(service: Service, at: Cx['at']): PublishReceipt | readonly Diagnostic[] {
    const { value, diagnostics } = this.#emitter.service(service, { get: (key) => this.#node(key) }, at)
    if (diagnostics.length > 0) return diagnostics
    const put = value.filter((resource) => {
      const key = `${resource.type}/${resource.name}`
      return (this.#live.get(key) ?? this.#wanted.get(key))?.version !== resource.version
    })
    for (const resource of put) this.#live.set(`${resource.type}/${resource.name}`, resource)
    this.#changed.set(service.name, service)
    return this.#send({ put, remove: [] })
  }

  /** Ends all timers; nothing is published any more. */
  close(): void {
    for (const cancel of this.#timers.values()) cancel()
    this.#timers.clear()
  }

  #send(change: Change): PublishReceipt {
    for (const { type, name } of change.remove) if (type === 'endpoints') this.#forget(name)
    const put = change.put.map((resource) => (resource.type === 'endpoints' ? this.#swap(resource) : resource))
    return this.#xds.publish({ put, remove: change.remove })
  }

  #swap(next: Resource): Resource {
    const service = this.#service(next.name)
    const { serve, again } = this.#swaps.apply(next, service ? settleMs(this.#features, service) : 0, this.#clock.now())
    this.#timers.get(next.name)?.()
    this.#timers.delete(next.name)
    if (again !== undefined) {
      const cancel = this.#clock.after(Math.max(1, again - this.#clock.now()), () => this.#xds.publish({ put: [this.#swap(next)], remove: [] }))
      this.#timers.set(next.name, cancel)
    }
    return serve
  }

  #forget(name: string): void {
    this.#swaps.forget(name)
    this.#timers.get(name)?.()
    this.#timers.delete(name)
  }

  #service(name: string): Service | undefined {
    return this.#changed.get(name) ?? this.#gateway?.services.get(name)
  }

  #node(key: EntityKey) {
    const slash = key.indexOf('/')
    const name = key.slice(slash + 1)
    if (key.startsWith('service/')) return this.#service(name)
    return key.startsWith('route/') ? this.#gateway?.routes.get(name) : this.#gateway?.listeners.get(name)
  }
}
