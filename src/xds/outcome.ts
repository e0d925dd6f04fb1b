import { withoutDumps } from '../lib/proto-dump.ts'
import { blame } from './blame.ts'
import { lastCertain, uncertain } from './channel.ts'
import type { Channel, Flight } from './channel.ts'
import type { StreamState } from './state.ts'

/** The client has accepted everything in the response. */
export function accept(state: StreamState, channel: Channel, flight: Flight, now: number): void {
  let resources = 0
  for (const [name, version] of flight.names) {
    if (version === undefined) {
      channel.known.delete(name)
      continue
    }
    resources++
    channel.known.set(name, version)
    channel.refused.delete(name)
    state.shared.accepted({ type: channel.type, name }, version)
  }
  if (!flight.heartbeat) state.shared.emit({ kind: 'accepted', proxy: state.proxy, type: channel.type, resources, ms: now - flight.sentAt })
}

/** The client has refused the response: the guilty are held, the rest counts as unknown and is sent again, singly when nobody can be blamed. */
export function refuse(state: StreamState, channel: Channel, flight: Flight, said: string, now: number): void {
  const message = withoutDumps(said) // the dump of a secret holds its key
  const put = [...flight.names].flatMap(([name, version]) => (version === undefined ? [] : [name]))
  const removed = [...flight.names].flatMap(([name, version]) => (version === undefined ? [name] : []))
  state.shared.emit({ kind: 'nack', proxy: state.proxy, type: channel.type, resources: put.length, message })
  for (const name of put) channel.known.set(name, uncertain(flight.before.get(name)))
  for (const name of removed) {
    // A refusal of nothing but removals would be refused for ever; with resources beside it, it may be their fault.
    if (put.length === 0) channel.known.delete(name)
    else {
      channel.known.set(name, uncertain(flight.before.get(name)))
      channel.drop(name, now)
    }
  }
  if (flight.heartbeat) {
    for (const name of put) channel.want(name, now, true)
    return
  }
  const { guilty, suspects } = blame(channel.type, put, said)
  for (const name of guilty) convict(state, channel, flight, name, message, now)
  const alone = new Set(guilty.length > 0 ? [] : suspects.length > 0 ? suspects : put)
  for (const name of put) {
    if (!channel.subscription.wants(name)) continue
    if (alone.has(name) && !channel.puts.has(name)) channel.singles.add(name)
    else channel.want(name, now)
  }
}

function convict(state: StreamState, channel: Channel, flight: Flight, name: string, message: string, now: number): void {
  const version = flight.names.get(name)
  if (version === undefined) return
  const before = flight.before.get(name)
  if (before === undefined) channel.known.delete(name)
  else channel.known.set(name, before)
  channel.refused.set(name, version)
  const entry = state.snapshot.get(channel.type, name)
  const rejection = {
    type: channel.type,
    name,
    owner: entry?.resource.owner,
    version,
    message,
    since: now,
    heldAt: lastCertain(before),
  }
  const fresh = state.shared.rejections.add(state.proxy.id, rejection, entry?.good?.version === version)
  if (fresh) state.shared.emit({ kind: 'rejected', proxy: state.proxy, rejection })
}
