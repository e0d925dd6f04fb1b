import { Channel } from './channel.ts'
import type { Clock } from './clock.ts'
import type { Proxy, XdsObserver } from './events.ts'
import type { Pace, Progress } from './order.ts'
import type { Rejections } from './rejections.ts'
import type { ResourceKey, ResourceType } from './resource.ts'
import type { Body, Entry, Snapshot } from './snapshot.ts'

/** What all streams of one server share. */
export interface Shared {
  readonly snapshot: Snapshot
  readonly rejections: Rejections
  readonly clock: Clock
  readonly pace: Pace
  readonly emit: XdsObserver
  /** The proxy of some stream has accepted a version. */
  readonly accepted: (key: ResourceKey, version: string) => void
}

/** What the stream should have for a name: a body, nothing because it is gone, or nothing because the only bodies there are were refused. */
export type Verdict = Body | 'gone' | 'held'

/** What one stream knows. The rules that work on it stand in `fill.ts` (what to send) and `outcome.ts` (what an answer means). */
export class StreamState implements Progress {
  readonly shared: Shared
  readonly channels = new Map<ResourceType, Channel>()
  proxy: Proxy
  /** Endpoints that the client needs for clusters it was sent, and has not answered yet: until then a missing ACK of the clusters is no news. */
  readonly unfed = new Set<string>()
  /** When the last of them was answered. */
  fedAt = -Infinity
  /** Sends that did not happen because the proxy, or everybody so far, refuses the version. */
  suppressed = 0
  /** Answers with a nonce that is not under way. */
  stale = 0
  heartbeats = 0

  constructor(shared: Shared, proxy: Proxy) {
    this.shared = shared
    this.proxy = proxy
  }

  now(): number {
    return this.shared.clock.now()
  }

  get pace(): Pace {
    return this.shared.pace
  }

  get snapshot(): Snapshot {
    return this.shared.snapshot
  }

  channel(type: ResourceType): Channel | undefined {
    return this.channels.get(type)
  }

  open(type: ResourceType): Channel {
    let channel = this.channels.get(type)
    if (!channel) this.channels.set(type, (channel = new Channel(type)))
    return channel
  }

  stuckRoutes(): boolean {
    const routes = this.channels.get('routes')
    if (!routes || routes.refused.size === 0) return false
    for (const [name, version] of routes.refused) {
      if (this.snapshot.get('routes', name)?.final.version === version) return true
      routes.refused.delete(name)
    }
    return false
  }

  /** This proxy uses the newest routes that it was given, and none is waiting. */
  routesSettled(): boolean {
    const routes = this.channels.get('routes')
    return !routes || (!routes.unsent && routes.flights.size === 0 && !this.stuckRoutes())
  }

  judge(channel: Channel, name: string): Verdict {
    const entry = this.snapshot.get(channel.type, name)
    if (!entry) return 'gone'
    const body = this.#phase(channel, name, entry)
    if (!this.#refused(body)) return body
    if (channel.holds(name) !== body.version) this.suppressed++
    const { good } = entry
    return good && good.version !== body.version && !this.#refused(good) ? good : 'held'
  }

  /** Which of bridge and final this stream should have now. */
  #phase(channel: Channel, name: string, { bridge, final }: Entry): Body {
    if (!bridge) return final
    const has = channel.holds(name)
    if (has === undefined || has === final.version) return final
    if (this.routesSettled() && (has === bridge.version || this.#refused(bridge))) return final
    channel.finals.add(name)
    return bridge
  }

  #refused({ type, name, version }: Body): boolean {
    return this.shared.rejections.holds(this.proxy.id, type, name, version)
  }
}
