import { lastCertain } from './channel.ts'
import type { Channel } from './channel.ts'
import type { Step } from './order.ts'
import { resourceTypes } from './resource.ts'
import type { ResourceType } from './resource.ts'
import type { Body } from './snapshot.ts'
import type { StreamState } from './state.ts'

/** One response, before it is serialized. */
export interface Message {
  /** Undefined for types that sluice does not serve: they are answered with nothing but removals. */
  readonly type: ResourceType | undefined
  readonly typeUrl: string
  readonly nonce: string
  readonly bodies: readonly Body[]
  readonly removed: readonly string[]
  /** Bodies go without their bytes: the client keeps what it has. */
  readonly heartbeat: boolean
}

/** Types whose big pushes are cut, because one push of all of them would stall the proxy. */
const chunked: ReadonlySet<ResourceType> = new Set<ResourceType>(['cluster', 'endpoints'])

export function hasWork(channel: Channel, { what }: Step): boolean {
  const puts = what !== 'remove' && (channel.unsent || channel.owed)
  return puts || (what !== 'put' && channel.removes.size > 0)
}

/** When the next response of a type may leave, seen from the responses that are under way: one at a time, except for clusters and chunks. */
export function departs(state: StreamState, channel: Channel): number {
  if (channel.flights.size === 0) return 0
  const { chunkMs, gateMs } = state.pace
  const more = channel.cut || channel.singles.size > 0
  // A proxy withholds the ACK of clusters while one of them warms; that one must not hold up the others.
  // It can do so because it still waits for endpoints: then more clusters would only make it slower.
  if (channel.type === 'cluster')
    return state.unfed.size > 0 ? channel.lastSent + gateMs : Math.max(channel.lastSent, state.fedAt) + (more ? chunkMs : gateMs / 4)
  return channel.type === 'endpoints' && channel.cut ? channel.lastSent + chunkMs : Infinity
}

/** Composes the response of a step and marks it as under way; undefined when on a closer look there is nothing to say. */
export function fill(state: StreamState, channel: Channel, step: Step, nonce: string, now: number): Message | undefined {
  const bodies: Body[] = []
  const removed: string[] = []
  if (step.what !== 'remove') collect(state, channel, bodies, removed, now)
  if (step.what !== 'put') {
    for (const name of channel.removes) if (!state.snapshot.get(channel.type, name) && !removed.includes(name)) removed.push(name)
    channel.removes.clear()
  }
  if (bodies.length + removed.length === 0 && !(channel.owed && step.what !== 'remove' && !channel.unsent)) return undefined
  return depart(state, channel, { type: channel.type, typeUrl: resourceTypes[channel.type], nonce, bodies, removed, heartbeat: false }, now)
}

/** Names whose time ran out while the proxy was silent: it has dropped them, and a heartbeat without a body would revive nothing. */
export function revive(channel: Channel, now: number): void {
  for (const [name, beat] of channel.beats) {
    if (now - beat.last < 3 * beat.every) continue
    channel.beats.delete(name)
    channel.want(name, now, true)
  }
}

/** A sign of life for resources with a time to live; `wake` is told when the next is due. */
export function heartbeat(state: StreamState, channel: Channel, nonce: string, now: number, wake: (at: number) => void): Message | undefined {
  if (channel.beats.size === 0 || channel.flights.size > 0) return undefined
  const bodies: Body[] = []
  for (const [name, beat] of channel.beats) {
    if (beat.last + beat.every > now) {
      wake(beat.last + beat.every)
      continue
    }
    const body = state.judge(channel, name)
    if (typeof body === 'string' || body.version !== channel.known.get(name)) continue
    bodies.push(body)
  }
  if (bodies.length === 0) return undefined
  state.heartbeats += bodies.length
  return depart(state, channel, { type: channel.type, typeUrl: resourceTypes[channel.type], nonce, bodies, removed: [], heartbeat: true }, now)
}

function collect(state: StreamState, channel: Channel, bodies: Body[], removed: string[], now: number): void {
  const single = channel.puts.size === 0
  const pool = single ? channel.singles : channel.puts
  const limit = single ? 1 : chunked.has(channel.type) ? state.pace.chunk : Infinity
  let bytes = 0
  for (const name of pool) {
    pool.delete(name)
    const forced = channel.forced.delete(name)
    const verdict = state.judge(channel, name)
    if (verdict === 'gone') {
      if (forced) removed.push(name)
      else channel.drop(name, now)
    } else if (verdict === 'held') {
      if (forced && lastCertain(channel.holds(name)) === undefined) removed.push(name)
    } else if (forced || channel.holds(name) !== verdict.version) {
      bodies.push(verdict)
      bytes += verdict.value.length
    }
    if (bodies.length >= limit || removed.length >= limit) break
    if (chunked.has(channel.type) && bytes >= state.pace.chunkBytes) break
  }
  channel.cut = !single && channel.puts.size > 0
}

function depart(state: StreamState, channel: Channel, message: Message, now: number): Message {
  channel.depart(message.nonce, now, message.bodies, message.removed, message.heartbeat)
  for (const { name, ttlMs } of message.bodies) {
    if (ttlMs === undefined) channel.beats.delete(name)
    else channel.beats.set(name, { last: now, every: ttlMs / 3 })
  }
  for (const name of message.removed) channel.beats.delete(name)
  if (channel.type === 'cluster') repush(state, message.bodies, now)
  return message
}

/** A cluster, new or changed, is warm only when endpoints arrive after it, also if they are the same as before. */
function repush(state: StreamState, clusters: readonly Body[], now: number): void {
  const endpoints = state.channel('endpoints')
  for (const { refs } of clusters) {
    for (const { type, name } of refs) {
      if (type !== 'endpoints') continue
      state.unfed.add(name)
      if (endpoints?.subscription.wants(name)) endpoints.want(name, now, true)
    }
  }
}
