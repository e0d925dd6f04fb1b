import { create } from '@bufbuild/protobuf'
import type { MessageInitShape } from '@bufbuild/protobuf'
import { DeltaDiscoveryRequestSchema } from '#gen/envoy/service/discovery/v3/discovery_pb.js'
import type { Clock } from '../../src/xds/clock.ts'
import type { XdsEvent } from '../../src/xds/events.ts'
import type { Message } from '../../src/xds/fill.ts'
import { defaultPace } from '../../src/xds/order.ts'
import type { Pace } from '../../src/xds/order.ts'
import { Rejections } from '../../src/xds/rejections.ts'
import { resourceTypes } from '../../src/xds/resource.ts'
import type { Change, ResourceType } from '../../src/xds/resource.ts'
import { Snapshot } from '../../src/xds/snapshot.ts'
import type { Shared } from '../../src/xds/state.ts'
import { Stream } from '../../src/xds/stream.ts'

/** A clock that stands still until it is moved. */
export class FakeClock implements Clock {
  #now = 1_000_000
  readonly #timers = new Set<{ readonly at: number; readonly run: () => void }>()

  now(): number {
    return this.#now
  }

  after(ms: number, run: () => void): () => void {
    const timer = { at: this.#now + ms, run }
    this.#timers.add(timer)
    return () => this.#timers.delete(timer)
  }

  /** Moves on and runs what is due, in order of time. */
  advance(ms: number): void {
    const end = this.#now + ms
    for (;;) {
      const due = [...this.#timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0]
      if (!due) break
      this.#timers.delete(due)
      this.#now = due.at
      due.run()
    }
    this.#now = end
  }
}

/** A snapshot with streams and no network. */
export class Machine {
  readonly clock = new FakeClock()
  readonly events: XdsEvent[] = []
  readonly streams: MachineStream[] = []
  readonly rejections = new Rejections()
  readonly snapshot: Snapshot
  readonly shared: Shared

  constructor(pace: Partial<Pace> = {}) {
    this.snapshot = new Snapshot((keys) => {
      for (const key of keys) this.rejections.prune(key, this.snapshot.versions(key))
      for (const key of keys) for (const { stream } of this.streams) stream.touched(key)
    })
    this.shared = {
      snapshot: this.snapshot,
      rejections: this.rejections,
      clock: this.clock,
      pace: { ...defaultPace, ...pace },
      emit: (event) => this.events.push(event),
      accepted: (key, version) => {
        this.snapshot.accept(key.type, key.name, version)
        if (this.rejections.accept(key.type, key.name, version)) for (const { stream } of this.streams) stream.touched(key)
      },
    }
  }

  publish(change: Change): void {
    this.snapshot.apply(change)
  }

  /** A stream of a proxy; `types` are subscribed by wildcard where that is usual, others by the names given. */
  open(id = 'p', names: Partial<Record<ResourceType, readonly string[]>> = {}): MachineStream {
    const made = new MachineStream(this, id)
    this.streams.push(made)
    for (const [type, list] of Object.entries(names)) made.subscribe(type as ResourceType, list)
    return made
  }
}

export class MachineStream {
  readonly stream: Stream
  readonly #id: string
  /** Messages that were neither accepted nor refused yet. */
  readonly open: Message[] = []

  constructor(machine: Machine, id: string) {
    this.#id = id
    this.stream = new Stream(machine.shared, `s${machine.streams.length}`, 'test')
  }

  request(ask: Omit<MessageInitShape<typeof DeltaDiscoveryRequestSchema>, '$typeName'>): void {
    this.stream.request(create(DeltaDiscoveryRequestSchema, { node: { id: this.#id }, ...ask }))
  }

  subscribe(type: ResourceType, names: readonly string[] = [], initial: Readonly<Record<string, string>> = {}): void {
    this.request({ typeUrl: resourceTypes[type], resourceNamesSubscribe: [...names], initialResourceVersions: { ...initial } })
  }

  /** Everything that would be written now, as text: `cluster a@1 b@1 -c`. Nothing is answered. */
  say(): string[] {
    const said: string[] = []
    for (let message = this.stream.next(); message; message = this.stream.next()) {
      this.open.push(message)
      said.push(textOf(message))
    }
    return said
  }

  /** Accepts the messages of a type, or all. */
  ack(type?: ResourceType): void {
    for (const message of this.#take(type)) this.request({ typeUrl: message.typeUrl, responseNonce: message.nonce })
  }

  nack(type: ResourceType, message: string): void {
    for (const { typeUrl, nonce } of this.#take(type)) this.request({ typeUrl, responseNonce: nonce, errorDetail: { code: 13, message } })
  }

  /** Says and accepts until there is nothing to say; everything that was said. */
  converge(): string[] {
    const said: string[] = []
    for (let more = this.say(); more.length > 0; more = this.say()) {
      said.push(...more)
      this.ack()
    }
    return said
  }

  /** Says, and refuses what `guilty` names, accepting the rest, until there is nothing to say. */
  judge(refuse: (message: Message) => string | undefined): string[] {
    const said: string[] = []
    for (let message = this.stream.next(); message; message = this.stream.next()) {
      said.push(textOf(message))
      const { typeUrl, nonce } = message
      const error = refuse(message)
      this.request({ typeUrl, responseNonce: nonce, ...(error === undefined ? {} : { errorDetail: { code: 13, message: error } }) })
      if (said.length > 500) throw new Error(`no end: ${said.slice(-5).join(' | ')}`)
    }
    return said
  }

  #take(type: ResourceType | undefined): Message[] {
    const taken = this.open.filter((message) => type === undefined || message.type === type)
    for (const message of taken) this.open.splice(this.open.indexOf(message), 1)
    return taken
  }
}

const textOf = ({ type, bodies, removed, heartbeat }: Message): string =>
  [heartbeat ? 'beat' : '', type, ...bodies.map(({ name, version }) => `${name}@${version}`), ...removed.map((name) => `-${name}`)]
    .filter(Boolean)
    .join(' ')
