import type { DeltaDiscoveryRequest } from '#gen/envoy/service/discovery/v3/discovery_pb.js'
import type { Channel, Flight } from './channel.ts'
import type { Proxy } from './events.ts'
import { departs, fill, hasWork, heartbeat, revive } from './fill.ts'
import type { Message } from './fill.ts'
import { order } from './order.ts'
import { accept, refuse } from './outcome.ts'
import { outdated, proxyOf } from './proxy.ts'
import { resourceTypes } from './resource.ts'
import type { ResourceKey, ResourceType } from './resource.ts'
import { allTypes } from './snapshot.ts'
import { StreamState } from './state.ts'
import type { Shared } from './state.ts'
import { TooManyNames } from './subscription.ts'

const typeOfUrl = new Map<string, ResourceType>(allTypes.map((type) => [resourceTypes[type], type]))

/** Answers owed for types that are not served; a client that asks for more gets none. */
const maxForeign = 16

/** The stream must end; `code` says with which gRPC status. */
export class ProtocolError extends Error {
  readonly code: 'invalid-argument' | 'failed-precondition' | 'resource-exhausted'
  constructor(code: ProtocolError['code'], message: string) {
    super(message)
    this.code = code
  }
}

/**
 * One delta ADS stream as a state machine without I/O: `request` and `touched` go in, `next` gives the one message that should go out now.
 * Nothing is queued: whoever writes asks for the next message when the last one has left, and gets the difference as it is then.
 */
export class Stream {
  readonly state: StreamState
  readonly since: number
  /** When to ask again although nothing has happened; Infinity = only after an event. Valid after `next` has returned undefined. */
  wakeAt = Infinity
  #introduced = false
  #nonces = 0
  readonly #id: string
  readonly #foreign: { readonly typeUrl: string; readonly removed: readonly string[] }[] = []

  /** `id` must be unique among the server's streams; nonces begin with it. */
  constructor(shared: Shared, id: string, address: string) {
    this.#id = id
    this.since = shared.clock.now()
    this.state = new StreamState(shared, { id: address, cluster: '', agent: '', version: '', address })
  }

  get proxy(): Proxy {
    return this.state.proxy
  }

  /** Takes a request in. Throws {@link ProtocolError} when the stream must end. */
  request(request: DeltaDiscoveryRequest): void {
    if (!this.#introduced) this.#introduce(request)
    if (request.typeUrl === '') throw new ProtocolError('invalid-argument', 'a request on an aggregated stream must name its type_url')
    const type = typeOfUrl.get(request.typeUrl)
    if (!type) {
      const names = request.resourceNamesSubscribe.filter((name) => name !== '*').slice(0, 1_000)
      if (request.responseNonce === '' && this.#foreign.length < maxForeign) this.#foreign.push({ typeUrl: request.typeUrl, removed: names })
      return
    }
    const first = !this.state.channel(type)
    const channel = this.state.open(type)
    this.#subscribe(channel, request, first)
    if (request.responseNonce !== '') this.#answer(channel, request)
  }

  /** Some resource has another body, or is gone. True when that concerns this stream. */
  touched({ type, name }: ResourceKey): boolean {
    const channel = this.state.channel(type)
    if (!channel?.subscription.wants(name)) return false
    const now = this.state.shared.clock.now()
    channel.finals.delete(name)
    if (this.state.snapshot.get(type, name)) channel.want(name, now)
    else channel.drop(name, now)
    return true
  }

  /** The message to send now, marked as sent; undefined when there is none before `wakeAt` or the next event. */
  next(): Message | undefined {
    const now = this.state.shared.clock.now()
    const foreign = this.#foreign.shift()
    if (foreign) return { type: undefined, ...foreign, nonce: this.#nonce(), bodies: [], heartbeat: false }
    for (const channel of this.state.channels.values()) revive(channel, now)
    // A step may find that it has nothing to say after all, which can open the gate of an earlier one.
    for (let moved = true; moved;) {
      this.wakeAt = Infinity
      moved = this.#promote(now)
      for (const step of order) {
        const channel = this.state.channel(step.type)
        if (!channel || !hasWork(channel, step)) continue
        const at = Math.max(departs(this.state, channel), step.opens(this.state, channel))
        if (at > now) {
          this.wakeAt = Math.min(this.wakeAt, at)
          continue
        }
        const message = fill(this.state, channel, step, this.#nonce(), now)
        if (message) return message
        moved = true
      }
    }
    return this.#beat(now)
  }

  /** Whether everything about this name was said and answered. */
  settled({ type, name }: ResourceKey): boolean {
    const channel = this.state.channel(type)
    return !channel?.subscription.wants(name) || channel.settled(name)
  }

  /** Something waits to be said, now or when a gate opens. */
  get busy(): boolean {
    return this.#foreign.length > 0 || [...this.state.channels.values()].some((channel) => !channel.quiet)
  }

  #introduce(request: DeltaDiscoveryRequest): void {
    this.#introduced = true
    this.state.proxy = proxyOf(request.node, this.state.proxy.address)
    const reason = outdated(this.state.proxy)
    if (reason !== undefined) throw new ProtocolError('failed-precondition', reason)
  }

  #subscribe(channel: Channel, request: DeltaDiscoveryRequest, first: boolean): void {
    const now = this.state.shared.clock.now()
    let change
    try {
      change = channel.subscription.apply(request.resourceNamesSubscribe, request.resourceNamesUnsubscribe)
    } catch (error) {
      if (error instanceof TooManyNames) throw new ProtocolError('resource-exhausted', error.message)
      throw error
    }
    const has = first ? Object.entries(request.initialResourceVersions) : []
    for (const [name, version] of has) {
      if (!channel.subscription.wants(name)) continue
      channel.known.set(name, version)
      const entry = this.state.snapshot.get(channel.type, name)
      if (!entry) channel.drop(name, now)
      // What has a time to live may have run out meanwhile.
      else channel.want(name, now, entry.resource.ttlMs !== undefined)
    }
    for (const name of change.named) if (!(first && channel.known.has(name))) channel.want(name, now, true)
    if (channel.type === 'endpoints') {
      // A reconnecting client that was sent a changed cluster first would not get the same endpoints again.
      if (first) for (const name of this.state.unfed) if (channel.subscription.wants(name)) channel.want(name, now, true)
      for (const name of change.dropped) this.state.unfed.delete(name)
    }
    for (const name of change.dropped) channel.forget(name)
    if (change.wildcardOn) {
      for (const name of this.state.snapshot.names(channel.type)) if (!channel.puts.has(name)) channel.want(name, now)
      channel.owed = has.length === 0
    }
    if (change.wildcardOff) for (const name of [...channel.known.keys(), ...channel.puts]) if (!channel.subscription.wants(name)) channel.forget(name)
  }

  #answer(channel: Channel, { responseNonce, errorDetail }: DeltaDiscoveryRequest): void {
    const now = this.state.shared.clock.now()
    const flight = channel.land(responseNonce)
    // Every cluster is warm or refused: nobody waits for endpoints any more, such as those of a refused cluster, which are never asked for.
    if (channel.type === 'cluster' && channel.flights.size === 0 && this.state.channel('endpoints')) this.state.unfed.clear()
    if (flight && channel.type === 'endpoints') this.#fed(channel, flight, now)
    if (!flight) this.state.stale++
    else if (errorDetail) refuse(this.state, channel, flight, errorDetail.message, now)
    else accept(this.state, channel, flight, now)
  }

  /** The client has endpoints that were sent after their clusters. */
  #fed(endpoints: Channel, { names }: Flight, now: number): void {
    for (const name of names.keys()) if (!endpoints.puts.has(name) && this.state.unfed.delete(name)) this.state.fedAt = now
  }

  /** Bridges end when the routes are accepted. */
  #promote(now: number): boolean {
    if (!this.state.routesSettled()) return false
    let moved = false
    for (const channel of this.state.channels.values()) {
      if (channel.finals.size === 0 || channel.flights.size > 0) continue
      for (const name of channel.finals) channel.want(name, now)
      channel.finals.clear()
      moved = true
    }
    return moved
  }

  #beat(now: number): Message | undefined {
    for (const channel of this.state.channels.values()) {
      const message = heartbeat(this.state, channel, this.#nonce(), now, (at) => (this.wakeAt = Math.min(this.wakeAt, at)))
      if (message) return message
    }
    return undefined
  }

  #nonce(): string {
    return `${this.#id}-${++this.#nonces}`
  }
}
