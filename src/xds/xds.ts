import { Admission, defaultAdmission } from './admission.ts'
import type { AdmissionLimits } from './admission.ts'
import { systemClock } from './clock.ts'
import type { Clock } from './clock.ts'
import { Connection } from './connection.ts'
import type { XdsEvent, XdsObserver } from './events.ts'
import { defaultPace } from './order.ts'
import type { Pace } from './order.ts'
import { Rejections } from './rejections.ts'
import type { Change, Resource, ResourceKey } from './resource.ts'
import { listen } from './server.ts'
import type { Listening, ListenOn, Tls } from './server.ts'
import { Settlements } from './settle.ts'
import type { PublishReceipt, Settled } from './settle.ts'
import { Snapshot } from './snapshot.ts'
import type { Shared } from './state.ts'
import { statusOf } from './status.ts'
import type { ProxyStatus, RefusedProxy, XdsStatus } from './status.ts'

export interface XdsOptions {
  readonly clock?: Clock
  readonly observe?: XdsObserver
  readonly pace?: Partial<Pace>
  readonly admission?: AdmissionLimits
}

/** The xDS server: it holds resources and brings every proxy to them, in a safe order. */
export interface Xds {
  /**
   * Takes a change as a whole; pushes follow per proxy. Resources of an unchanged version are ignored.
   * Throws {@link import('./closure.ts').PublishRefused} when a reference would have no target; nothing is taken then.
   */
  publish(change: Change): PublishReceipt
  /** Resolves when every proxy that is connected now has accepted or refused what the publish changed, or when the time is over. Never rejects. */
  settled(receipt: PublishReceipt, options?: { readonly timeoutMs?: number }): Promise<Settled>
  status(): XdsStatus
  /** The proxies of `status`, each looked at only when the iteration comes to it: a look costs what the proxy holds, so take breaks between many. */
  proxies(): Iterable<ProxyStatus>
  /** The refused proxies of `status`. */
  readonly refused: readonly RefusedProxy[]
  /** Publishes that changed something; what `status` says, without looking at every proxy. */
  readonly publishes: number
  /** What is served under a name now, which is the bridge as long as one is in use by anybody. */
  served(key: ResourceKey): Resource | undefined
  /** Tries everything once more that proxies have refused (a port may be free now). */
  retryRejected(): void
  /** Calls `observer` for everything that happens; the returned function ends that. */
  onEvent(observer: XdsObserver): () => void
  /** Opens a TCP port (0 = any) or a unix socket. May be called more than once. */
  listen(on: ListenOn, tls?: Tls): Promise<Listening>
  /** Ends every stream, says goodbye to every connection and closes the ports. */
  close(): Promise<void>
}

/** Refused proxies that are remembered for the status. */
const maxRefused = 100

export function createXds(options: XdsOptions = {}): Xds {
  return new Server(options)
}

class Server implements Xds {
  readonly #clock: Clock
  readonly #observers = new Set<XdsObserver>()
  readonly #connections = new Set<Connection>()
  readonly #listening = new Set<Listening>()
  readonly #refused = new Map<string, RefusedProxy>()
  readonly #rejections = new Rejections()
  readonly #snapshot: Snapshot
  readonly #settlements: Settlements
  readonly #admission: Admission
  readonly #shared: Shared
  #streams = 0
  #publish = 0
  #closed = false

  constructor({ clock = systemClock, observe, pace, admission = defaultAdmission }: XdsOptions) {
    this.#clock = clock
    if (observe) this.#observers.add(observe)
    this.#snapshot = new Snapshot((keys) => this.#changed(keys))
    this.#settlements = new Settlements(clock)
    this.#admission = new Admission(clock, admission)
    this.#shared = {
      snapshot: this.#snapshot,
      rejections: this.#rejections,
      clock,
      pace: { ...defaultPace, ...pace },
      emit: (event) => this.#emit(event),
      accepted: (key, version) => this.#accepted(key, version),
    }
  }

  publish(change: Change): PublishReceipt {
    const receipt = this.#snapshot.apply(change)
    this.#publish = receipt.publish
    return receipt
  }

  async settled({ changed }: PublishReceipt, { timeoutMs = 10_000 } = {}): Promise<Settled> {
    const asked = [...this.#connections].map(({ stream }) => stream)
    const { complete, open } = await this.#settlements.wait(asked, changed, timeoutMs)
    const connected = new Set([...this.#connections].map(({ stream }) => stream))
    const answered = asked.filter((stream) => connected.has(stream) && !open.has(stream))
    const touched = new Set(changed.map(({ type, name }) => `${type}\0${name}`))
    return {
      complete,
      answered: answered.length,
      rejected: answered.flatMap(({ proxy }) =>
        this.#rejections
          .of(proxy.id)
          .filter(({ type, name }) => touched.has(`${type}\0${name}`))
          .map((rejection) => ({ proxy, rejection })),
      ),
      waiting: [...open].map(([{ proxy }, keys]) => ({ proxy, keys: [...keys] })),
    }
  }

  status(): XdsStatus {
    return {
      publish: this.#publish,
      proxies: [...this.proxies()],
      refused: this.refused,
    }
  }

  *proxies(): Iterable<ProxyStatus> {
    for (const { stream } of [...this.#connections]) yield statusOf(stream)
  }

  get refused(): readonly RefusedProxy[] {
    return [...this.#refused.values()]
  }

  get publishes(): number {
    return this.#publish
  }

  served(key: ResourceKey): Resource | undefined {
    const entry = this.#snapshot.get(key.type, key.name)
    if (!entry) return undefined
    const { bridge, resource } = entry
    if (!bridge) return resource
    const inUse = [...this.#connections].some(
      ({ stream }) => !stream.settled(key) || stream.state.channel(key.type)?.holds(key.name) === bridge.version,
    )
    return inUse ? { ...resource, version: bridge.version, value: bridge.value } : resource
  }

  retryRejected(): void {
    this.#changed(this.#rejections.clear())
  }

  onEvent(observer: XdsObserver): () => void {
    this.#observers.add(observer)
    return () => this.#observers.delete(observer)
  }

  async listen(on: ListenOn, tls?: Tls): Promise<Listening> {
    const listening = await listen(on, tls, (address) => this.#open(address))
    this.#listening.add(listening)
    return listening
  }

  async close(): Promise<void> {
    this.#closed = true
    for (const connection of this.#connections) connection.end()
    this.#settlements.close()
    await Promise.all([...this.#listening].map((listening) => listening.close()))
    this.#listening.clear()
  }

  #open(address: string): Connection {
    const connection: Connection = new Connection(this.#shared, `${process.pid.toString(36)}.${++this.#streams}`, address, this.#admission, {
      introduced: () => this.#emit({ kind: 'connected', proxy: connection.stream.proxy }),
      refused: (reason) => this.#refuse(connection, reason),
      progress: () => this.#settlements.check(connection.stream),
      closed: (error) => {
        this.#connections.delete(connection)
        this.#settlements.drop(connection.stream)
        const { proxy, since } = connection.stream
        this.#emit({ kind: 'disconnected', proxy, ms: this.#clock.now() - since, error: error?.message })
      },
    })
    this.#connections.add(connection)
    if (this.#closed) connection.end()
    return connection
  }

  #changed(keys: readonly ResourceKey[]): void {
    for (const key of keys) this.#rejections.prune(key, this.#snapshot.versions(key))
    for (const connection of this.#connections) connection.touched(keys)
  }

  #accepted(key: ResourceKey, version: string): void {
    this.#snapshot.accept(key.type, key.name, version)
    if (this.#rejections.accept(key.type, key.name, version)) for (const connection of this.#connections) connection.touched([key])
  }

  #refuse({ stream: { proxy } }: Connection, reason: string): void {
    this.#refused.delete(proxy.id)
    this.#refused.set(proxy.id, { ...proxy, at: this.#clock.now(), reason })
    for (const id of this.#refused.keys()) if (this.#refused.size > maxRefused) this.#refused.delete(id)
    this.#emit({ kind: 'refused', proxy, reason })
  }

  #emit(event: XdsEvent): void {
    for (const observer of this.#observers) observer(event)
  }
}
