import type { Good } from '../compile.ts'
import type { Diagnostic } from '../diagnostics/diagnostic.ts'
import { changeBetween, type EnvoyEmitter } from '../envoy/emit.ts'
import { settleMs } from '../envoy/patches.ts'
import { EndpointSwaps, type SwapPlan } from '../envoy/swap.ts'
import type { Feature } from '../feature.ts'
import type { Cx } from '../model/cx.ts'
import type { Gateway, Service } from '../model/gateway.ts'
import type { Clock } from '../xds/clock.ts'
import type { Change, Resource, ResourceKey } from '../xds/resource.ts'
import type { PublishReceipt } from '../xds/settle.ts'
import type { Publisher } from './fleet.ts'
import type { Xds } from '../xds/xds.ts'

/** A service that was changed without the file. */
interface LiveService {
  readonly service: Service
  /** What the file said of it then; undefined: nothing. */
  readonly base: Service | undefined
  readonly resources: readonly Resource[]
}

/**
 * The one way to Envoy proxies. A whole gateway is published as the difference to what is served; a single service that changed on its own
 * (registered, drained, reweighted) costs only itself, whatever the size of the gateway.
 */
export class XdsPublisher implements Publisher<'envoy'> {
  readonly #xds: Xds
  readonly #features: readonly Feature[]
  readonly #emitter: EnvoyEmitter
  readonly #clock: Clock
  readonly #swaps = new EndpointSwaps()
  readonly #timers = new Map<string, () => void>()
  readonly #changed = new Map<string, LiveService>()
  #wanted: ReadonlyMap<string, Resource> = new Map()
  #live = new Map<string, Resource>()
  #gateway: Gateway | undefined
  #closed = false

  constructor(xds: Xds, features: readonly Feature[], emitter: EnvoyEmitter, clock: Clock) {
    this.#xds = xds
    this.#features = features
    this.#emitter = emitter
    this.#clock = clock
  }

  /**
   * Publishes everything that is different. A live change of a service stays as long as the file says the same of that service as when it was made;
   * an edit of the service itself, or its removal, is the new truth. Throws {@link import('../xds/closure.ts').PublishRefused} and changes nothing then.
   */
  publish({ gateway, resources }: Pick<Good, 'gateway' | 'resources'>): PublishReceipt {
    const kept = [...this.#changed].filter(([name, { base }]) => gateway.services.get(name) === base)
    const live = new Map(kept.flatMap(([, { resources: own }]) => own.map((resource) => [keyOf(resource), resource] as const)))
    const changed = new Map(kept)
    const services = (name: string): Service | undefined => changed.get(name)?.service ?? gateway.services.get(name)
    const receipt = this.#send(changeBetween(joined(this.#wanted, this.#live), joined(resources, live)), services)
    this.#gateway = gateway
    this.#wanted = resources
    this.#live = live
    this.#changed.clear()
    for (const [name, one] of kept) this.#changed.set(name, one)
    return receipt
  }

  /**
   * Publishes one service as it is now; returns what is wrong with it instead, when Envoy would refuse it. The cost does not depend on the gateway's size.
   * Throws {@link import('../xds/closure.ts').PublishRefused}, with nothing changed, when it names something that is not served.
   */
  update(service: Service, at: Cx['at']): PublishReceipt | readonly Diagnostic[] {
    const { value, diagnostics } = this.#emitter.service(service, at)
    if (diagnostics.length > 0) return diagnostics
    const put = value.filter((resource) => this.#served(keyOf(resource))?.version !== resource.version)
    const receipt = this.#send({ put, remove: [] }, (name) => (name === service.name ? service : this.#service(name)))
    const base = this.#gateway?.services.get(service.name)
    if (service === base) this.#changed.delete(service.name)
    else this.#changed.set(service.name, { service, base, resources: value })
    const live = this.#live
    for (const resource of value) {
      if (this.#wanted.get(keyOf(resource))?.version === resource.version) live.delete(keyOf(resource))
      else live.set(keyOf(resource), resource)
    }
    return receipt
  }

  /** Ends all timers; nothing is published any more. */
  close(): void {
    this.#closed = true
    for (const cancel of this.#timers.values()) cancel()
    this.#timers.clear()
  }

  #send(change: Change, service: (name: string) => Service | undefined): PublishReceipt {
    const now = this.#clock.now()
    const swaps = new Map<string, SwapPlan>()
    const put = change.put.map((resource) => {
      if (resource.type !== 'endpoints') return resource
      const node = service(resource.name)
      const plan = this.#swaps.plan(resource, node ? settleMs(this.#features, node) : 0, now)
      swaps.set(resource.name, plan)
      return plan.serve
    })
    const receipt = this.#xds.publish({ put, remove: change.remove })
    for (const { type, name } of change.remove) if (type === 'endpoints') this.#forget(name)
    for (const resource of change.put) if (resource.type === 'endpoints') this.#swapped(resource, swaps.get(resource.name))
    return receipt
  }

  /** Asks again when the next endpoint may leave. */
  #swapped(next: Resource, plan: SwapPlan | undefined): void {
    plan?.commit()
    this.#timers.get(next.name)?.()
    this.#timers.delete(next.name)
    if (plan?.again === undefined || this.#closed) return
    const wait = Math.max(1, plan.again - this.#clock.now())
    this.#timers.set(
      next.name,
      this.#clock.after(wait, () => this.#send({ put: [next], remove: [] }, (name) => this.#service(name))),
    )
  }

  #forget(name: string): void {
    this.#swaps.forget(name)
    this.#timers.get(name)?.()
    this.#timers.delete(name)
  }

  #served(key: string): Resource | undefined {
    return this.#live.get(key) ?? this.#wanted.get(key)
  }

  #service(name: string): Service | undefined {
    return this.#changed.get(name)?.service ?? this.#gateway?.services.get(name)
  }
}

const keyOf = ({ type, name }: ResourceKey): string => `${type}/${name}`

function joined(base: ReadonlyMap<string, Resource>, over: ReadonlyMap<string, Resource>): ReadonlyMap<string, Resource> {
  return over.size === 0 ? base : new Map([...base, ...over])
}
