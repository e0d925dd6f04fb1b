import type { Channel } from './channel.ts'
import type { Proxy, Rejection } from './events.ts'
import type { ResourceType } from './resource.ts'
import type { Stream } from './stream.ts'

/** How far one proxy is with one type. */
interface TypeStatus {
  /** Everything, or the number of names it has asked for. */
  readonly subscribed: 'all' | number
  /** Resources that it should have, and the number of the last publish that changed the type. */
  readonly wanted: { readonly resources: number; readonly publish: number }
  /** Of those, how many were sent in the newest version. */
  readonly sent: number
  /** Of those, how many it has accepted. */
  readonly accepted: number
}

export interface ProxyStatus<T extends string = ResourceType> extends Proxy {
  /** Milliseconds since 1970. */
  readonly connectedSince: number
  readonly types: Readonly<Partial<Record<T, TypeStatus>>>
  readonly rejected: readonly Rejection<T>[]
  /** What the proxy keeps us waiting for, in words: `not warm: orders`. */
  readonly waiting: readonly string[]
  /** Sends that did not happen because the version was refused. */
  readonly suppressed: number
  /** Answers to responses that were not under way. */
  readonly staleNonces: number
}

/** A proxy that is not served. */
export interface RefusedProxy extends Proxy {
  /** Milliseconds since 1970. */
  readonly at: number
  readonly reason: string
}

export interface XdsStatus {
  readonly publish: number
  readonly proxies: readonly ProxyStatus[]
  readonly refused: readonly RefusedProxy[]
}

/** Names in one line of `waiting`. */
const shown = 10

export function statusOf(stream: Stream): ProxyStatus {
  const { state, proxy, since } = stream
  const types: Partial<Record<ResourceType, TypeStatus>> = {}
  for (const channel of state.channels.values()) types[channel.type] = typeStatus(stream, channel)
  return {
    ...proxy,
    connectedSince: since,
    types,
    rejected: state.shared.rejections.of(proxy.id),
    waiting: waiting(stream),
    suppressed: state.suppressed,
    staleNonces: state.stale,
  }
}

function typeStatus({ state: { snapshot } }: Stream, channel: Channel): TypeStatus {
  const { type, subscription } = channel
  let resources = 0
  let sent = 0
  let accepted = 0
  for (const name of subscription.wildcard ? snapshot.names(type) : subscription.names) {
    const entry = snapshot.get(type, name)
    if (!entry) continue
    resources++
    const { version } = entry.final
    if (channel.holds(name) === version) sent++
    if (channel.known.get(name) === version) accepted++
  }
  return {
    subscribed: subscription.wildcard ? 'all' : subscription.names.size,
    wanted: { resources, publish: snapshot.publishOf(type) },
    sent,
    accepted,
  }
}

function waiting({ state }: Stream): string[] {
  const lines: string[] = []
  const now = state.shared.clock.now()
  for (const channel of state.channels.values()) {
    const late = [...channel.pending].filter(([, flight]) => flight.sentAt + state.pace.gateMs <= now).map(([name]) => name)
    if (late.length > 0) lines.push(`${channel.type === 'cluster' ? 'not warm' : `no answer for ${channel.type}`}: ${list(late)}`)
  }
  if (state.channel('routes')?.unsent) lines.push('routes wait for clusters to become warm')
  return lines
}

function list(names: readonly string[]): string {
  const more = names.length - shown
  return names.slice(0, shown).join(', ') + (more > 0 ? ` and ${more} more` : '')
}
