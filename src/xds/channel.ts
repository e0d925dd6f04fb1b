import type { ResourceType } from './resource.ts'
import type { Body } from './snapshot.ts'
import { Subscription } from './subscription.ts'

/** Stands for "the client may hold another version than this one, we do not know": equal to no real version. */
export const uncertain = (version: string | undefined): string => (version?.startsWith('?') ? version : `?${version ?? ''}`)

/** The last version that the client is known to have had; undefined when it never had one. */
export const lastCertain = (version: string | undefined): string | undefined => (version?.startsWith('?') ? version.slice(1) || undefined : version)

/** A response that waits for its ACK. */
export interface Flight {
  readonly nonce: string
  readonly sentAt: number
  /** Names and the version sent; undefined = removed. A name that is sent again later moves to the later flight. */
  readonly names: Map<string, string | undefined>
  /** What the client held before, for the NACK. */
  readonly before: ReadonlyMap<string, string | undefined>
  /** Only prolongs the life of what the client has. */
  readonly heartbeat: boolean
}

/** Everything that one stream remembers about one type. It grows with the number of distinct names, never with time. */
export class Channel {
  readonly type: ResourceType
  readonly subscription: Subscription
  /** Versions that the client has accepted. */
  readonly known = new Map<string, string>()
  readonly flights = new Map<string, Flight>()
  /** Names whose newest version waits for its ACK. */
  readonly pending = new Map<string, Flight>()
  /** Names to look at for the next response. */
  readonly puts = new Set<string>()
  /** Names that are gone and that the client may still hold. */
  readonly removes = new Set<string>()
  /** Among `puts`: to be answered even if the client has them. */
  readonly forced = new Set<string>()
  /** Suspects after a NACK: each gets a response of its own. */
  readonly singles = new Set<string>()
  /** Names that the client has as a bridge and that get their final version when the routes are accepted. */
  readonly finals = new Set<string>()
  /** Names with a time to live: when the last sign of life was sent, when the next is due. */
  readonly beats = new Map<string, { last: number; every: number }>()
  /** Versions that this client has refused. */
  readonly refused = new Map<string, string>()
  /** The first request asked for everything and the client waits for an answer, be it empty. */
  owed = false
  putsSince = 0
  /** Since when everything that the waiting names need has been sent; undefined until then. */
  readySince: number | undefined
  removesSince = 0
  lastSent = -Infinity
  /** The last response was cut; more of the same follows. */
  cut = false

  constructor(type: ResourceType) {
    this.type = type
    this.subscription = new Subscription(type)
  }

  /** What the client has, or will have when it accepts what is under way. */
  holds(name: string): string | undefined {
    const flight = this.pending.get(name)
    return flight ? flight.names.get(name) : this.known.get(name)
  }

  want(name: string, now: number, forced = false): void {
    if (this.puts.size === 0) {
      this.putsSince = now
      this.readySince = undefined
    }
    this.removes.delete(name)
    this.puts.add(name)
    if (forced) this.forced.add(name)
  }

  drop(name: string, now: number): void {
    this.puts.delete(name)
    this.forced.delete(name)
    this.singles.delete(name)
    this.finals.delete(name)
    this.beats.delete(name)
    if (this.holds(name) === undefined && !this.pending.has(name)) return
    if (this.removes.size === 0) this.removesSince = now
    this.removes.add(name)
  }

  /** The client has dropped the name by itself. */
  forget(name: string): void {
    for (const set of [this.puts, this.removes, this.forced, this.singles, this.finals]) set.delete(name)
    this.beats.delete(name)
    this.known.delete(name)
    this.#supersede(name)
  }

  depart(nonce: string, now: number, bodies: readonly Body[], removed: readonly string[], heartbeat: boolean): void {
    const names = new Map<string, string | undefined>()
    const before = new Map<string, string | undefined>()
    const note = (name: string, version: string | undefined): void => {
      before.set(name, this.pending.has(name) ? uncertain(this.known.get(name)) : this.known.get(name))
      this.#supersede(name)
      names.set(name, version)
    }
    for (const body of bodies) note(body.name, body.version)
    for (const name of removed) note(name, undefined)
    const flight: Flight = { nonce, sentAt: now, names, before, heartbeat }
    this.flights.set(nonce, flight)
    for (const name of names.keys()) this.pending.set(name, flight)
    this.lastSent = now
    this.owed = false
  }

  /** Takes a flight out; its names are settled by the caller. */
  land(nonce: string): Flight | undefined {
    const flight = this.flights.get(nonce)
    if (!flight) return undefined
    this.flights.delete(nonce)
    for (const name of flight.names.keys()) this.pending.delete(name)
    return flight
  }

  /** Nothing to send and nothing under way for this name. */
  settled(name: string): boolean {
    return !this.puts.has(name) && !this.removes.has(name) && !this.singles.has(name) && !this.pending.has(name) && !this.finals.has(name)
  }

  get unsent(): boolean {
    return this.puts.size > 0 || this.singles.size > 0
  }

  get quiet(): boolean {
    return !this.unsent && !this.owed && this.flights.size === 0 && this.removes.size === 0
  }

  #supersede(name: string): void {
    const flight = this.pending.get(name)
    if (!flight) return
    this.pending.delete(name)
    flight.names.delete(name)
    if (flight.names.size === 0) this.flights.delete(flight.nonce)
  }
}
