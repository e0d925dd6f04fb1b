import type { Good } from '../compile.ts'
import type { NginxSite } from '../engine/nginx-site.ts'
import type { NginxVerdict } from '../engine/nginx-validate.ts'
import type { Service } from '../model/gateway.ts'
import { productOf } from '../nginx/conf.ts'
import { reloadReasons } from '../nginx/needs-reload.ts'
import type { Line } from '../nginx/state.ts'
import type { Happening } from '../reload/events.ts'
import type { Clock } from '../xds/clock.ts'
import type { Fleet, FleetEvent, Key, ProxyStatus, Publisher, PublishReceipt, Rejection, Settled } from './fleet.ts'
import type { Lookup } from './lookup.ts'
import { acceptedEvents, keyOf, pushedEvents } from './nginx-events.ts'
import { NginxLines } from './nginx-lines.ts'
import { NginxLink, type NginxLinkObserver, type NginxPace } from './nginx-link.ts'
import { blameConf, blameLines } from './nginx-rejection.ts'
import { confType, NginxWorkers } from './nginx-workers.ts'
import type { Names } from './names.ts'
import { ServiceNames } from './service-names.ts'
import { SettleWaiters } from './settle-waiters.ts'

export interface NginxPublisherOptions {
  readonly site: NginxSite
  readonly clock: Clock
  /** Name of this machine: workers are called `<host>/worker-<n>`. */
  readonly host: string
  readonly emit: (event: Happening) => void
  readonly lookup: Lookup
  /** Whether somebody else starts nginx: then the tree is written as long as none runs. */
  readonly writes: boolean
  readonly pace?: Partial<NginxPace>
  readonly namesPace?: ConstructorParameters<typeof Names>[0]['pace']
}

/** A service that was changed without the file; `base` is what the file said of it then. */
interface LiveService {
  readonly service: Service
  readonly base: Service | undefined
}

/** How long a change waits for names that were never resolved, in milliseconds: as long as routes of Envoy wait for clusters. */
const namesGateMs = 1_000

/** As long as a timer can be. */
const longMs = 2 ** 31 - 1

/** The one way to the workers of one nginx: what the files say, services that changed on their own, and the addresses of names, as deltas. */
export class NginxPublisher implements Publisher<'nginx'>, Fleet {
  readonly refused: Fleet['refused'] = []
  readonly #options: NginxPublisherOptions
  readonly #lines = new NginxLines()
  readonly #workers: NginxWorkers
  readonly #link: NginxLink
  readonly #names: ServiceNames
  readonly #waiters: SettleWaiters
  readonly #observers = new Set<(event: FleetEvent) => void>()
  readonly #live = new Map<string, LiveService>()
  readonly #publishOf = new Map<string, number>()
  #publishes = 0
  #gate: Promise<void> = Promise.resolve()
  /** What the lines are made of; the last one that was offered, refused or not; the last one whose start model is in force. */
  #good: Good<'nginx'> | undefined
  #offered: Good<'nginx'> | undefined
  #accepted: Good<'nginx'> | undefined
  #rejected: readonly Rejection[] = []
  #unsaved: string | undefined
  #everDone = false

  constructor(options: NginxPublisherOptions) {
    this.#options = options
    const { clock, site, host } = options
    const who = { host, cluster: '', agent: productOf(site.binary.profile), version: site.binary.version, address: 'unix' }
    this.#workers = new NginxWorkers(
      this.#lines,
      who,
      () => clock.now(),
      (event) => this.#tell(event),
    )
    this.#names = new ServiceNames({ ...options, path: site.dir, changed: (services) => this.#renamed(services) })
    this.#waiters = new SettleWaiters(clock)
    this.#link = new NginxLink({ ...options, lines: this.#lines, workers: this.#workers, observer: this.#observer() })
  }

  /** Reads the addresses that were known before; call it before the first publish. */
  load(): Promise<void> {
    return this.#names.load()
  }

  get publishes(): number {
    return this.#publishes
  }

  /** Reloads of nginx so far. */
  get reloads(): number {
    return this.#link.reloads
  }

  /** Whether an nginx answers. */
  get up(): boolean {
    return this.#link.up
  }

  /** Whether every worker has what was published first, or something newer. */
  get ready(): boolean {
    return this.#everDone && this.#link.up && this.#workers.ready
  }

  /** Resolves when every worker has what was published first, or when nothing is published any more. */
  async first(): Promise<void> {
    await this.#waiters.wait(1, longMs)
  }

  publish(good: Good<'nginx'>): PublishReceipt {
    const before = this.#offered
    const changed: Key[] = this.#take(good).map(keyOf)
    if (!before || reloadReasons(before.start, good.start).length > 0) changed.push({ type: confType, name: confType })
    this.#offered = good
    this.#rejected = []
    this.#gate = this.#names.first(namesGateMs)
    this.#count(changed)
    if (this.#began) this.#link.want(good.start)
    return { publish: this.#publishes, changed }
  }

  /** Writes the tree for an nginx that is about to be started; publish something first. */
  async prepare(): Promise<NginxVerdict> {
    if (!this.#good) throw new Error('nothing was published yet')
    await this.#gate
    return this.#options.site.write(this.#good.start, this.#lines.whole())
  }

  /** Begins to speak to nginx; what was published before is sent now. */
  begin(): void {
    this.#began = true
    if (this.#offered) this.#link.want(this.#offered.start)
  }

  update(service: Service): PublishReceipt {
    const good = this.#good
    if (!good) throw new Error('nothing was published yet')
    const base = good.gateway.services.get(service.name)
    if (service === base) this.#live.delete(service.name)
    else this.#live.set(service.name, { service, base })
    this.#names.follow(this.#services(good))
    const put = this.#lines.put(this.#lineOf(good, service))
    const changed = put ? [{ type: 'service', name: service.name }] : []
    this.#count(changed)
    if (put && this.#began) this.#link.kick()
    return { publish: this.#publishes, changed }
  }

  async settled({ publish, changed }: PublishReceipt, { timeoutMs = 10_000 } = {}): Promise<Settled> {
    const asked = this.#workers.all()
    const complete = asked.length === 0 || changed.length === 0 || (await this.#waiters.wait(publish, timeoutMs))
    const late = new Set(complete ? [] : (this.#workers.behind().length > 0 ? this.#workers.behind() : asked).map(({ id }) => id))
    const answered = asked.filter(({ id }) => !late.has(id))
    return {
      complete,
      answered: answered.length,
      rejected: answered.flatMap((proxy) => this.#rejected.map((rejection) => ({ proxy, rejection }))),
      waiting: asked.filter(({ id }) => late.has(id)).map((proxy) => ({ proxy, keys: changed })),
    }
  }

  *proxies(): Iterable<ProxyStatus> {
    const { inForce } = this.#link
    yield* this.#workers.statuses({
      publishOf: (type) => this.#publishOf.get(type) ?? 0,
      conf: { publish: this.#publishOf.get(confType) ?? 0, accepted: inForce && this.#good === this.#offered },
      rejected: this.#rejected,
      waiting: this.#names.problems().map(({ host, problem }) => `addresses of ${host}: ${problem}`),
    })
  }

  onEvent(observer: (event: FleetEvent) => void): () => void {
    this.#observers.add(observer)
    return () => this.#observers.delete(observer)
  }

  close(): void {
    this.#names.close()
    this.#waiters.close()
  }

  /** Resolves when nothing is under way any more. */
  async ended(): Promise<void> {
    this.close()
    await Promise.all([this.#link.close(), this.#names.ended()])
  }

  #began = false

  /** Makes the lines those of this gateway. A live change of a service stays as long as the file says the same of that service as when it was made. */
  #take(good: Good<'nginx'>): string[] {
    for (const [name, { base }] of this.#live) if (good.gateway.services.get(name) !== base) this.#live.delete(name)
    this.#good = good
    this.#names.follow(this.#services(good))
    const own = [...this.#live.values()].map(({ service }) => service)
    const named = this.#names.services().filter(({ name }) => !this.#live.has(name))
    return this.#lines.rebase(
      good.state,
      [...own, ...named].map((service) => this.#lineOf(good, service)),
    )
  }

  #services({ gateway }: Good<'nginx'>): Iterable<Service> {
    if (this.#live.size === 0) return gateway.services.values()
    return [...gateway.services.values()].map((service) => this.#live.get(service.name)?.service ?? service)
  }

  #lineOf(good: Good<'nginx'>, service: Service): Line {
    return good.line(service, (host) => this.#names.addresses(host) ?? [])
  }

  /** The addresses of services have changed on their own. */
  #renamed(services: readonly Service[]): void {
    const good = this.#good
    if (!good) return
    const changed = services.filter((service) => this.#lines.put(this.#lineOf(good, service)))
    this.#count(changed.map(({ name }) => ({ type: 'service', name })))
    if (changed.length > 0 && this.#began) this.#link.kick()
  }

  #count(changed: readonly Key[]): void {
    if (changed.length === 0) return
    this.#publishes++
    for (const { type } of changed) this.#publishOf.set(type, this.#publishes)
  }

  #observer(): NginxLinkObserver {
    return {
      ready: () => this.#gate,
      mark: () => this.#publishes,
      done: (mark) => {
        this.#everDone = true
        if (this.#good === this.#offered) this.#accepted = this.#good
        this.#waiters.reached(mark)
      },
      sent: (lines, keys) => pushedEvents(this.#workers.all(), keys, lines).forEach((event) => this.#tell(event)),
      accepted: (keys, ms) => acceptedEvents(this.#workers.all(), keys, ms).forEach((event) => this.#tell(event)),
      refused: (what, message) => this.#refuse(what, message),
      unsaved: (problem) => {
        if (problem !== undefined && problem !== this.#unsaved) {
          const words = `nginx cannot keep the configuration in ${this.#options.site.dir}, so it would start with an older one: ${problem}`
          this.#options.emit({ kind: 'state-dir-problem', message: words })
        }
        this.#unsaved = problem
      },
    }
  }

  /** nginx refused it as a whole: what it had before goes on, also for changes that come by themselves. */
  #refuse(what: 'conf' | 'lines', message: string): void {
    const offered = this.#offered
    if (!offered) return
    const blamed = what === 'conf' ? blameConf(message, this.#link.start, offered.start) : blameLines(message)
    const rejection: Rejection = {
      ...blamed,
      version: offered.state.version,
      message,
      since: this.#options.clock.now(),
      heldAt: this.#lines.sentVersion,
    }
    this.#rejected = [rejection]
    const [proxy] = this.#workers.all()
    if (proxy) {
      this.#tell({ kind: 'nack', proxy, type: rejection.type, resources: 1, message })
      this.#tell({ kind: 'rejected', proxy, rejection })
    } else this.#options.emit({ kind: 'state-dir-problem', message: `nginx refuses the configuration: ${message}` })
    if (what === 'conf' && this.#accepted && this.#accepted !== offered) {
      this.#take(this.#accepted)
      this.#link.stay(this.#accepted.start)
    }
    this.#waiters.reached(this.#publishes)
  }

  #tell(event: FleetEvent): void {
    for (const observer of this.#observers) observer(event)
  }
}
