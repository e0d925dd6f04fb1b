import type { Channel } from './channel.ts'
import type { ResourceType } from './resource.ts'
import type { Snapshot } from './snapshot.ts'

/** Times of the push, in milliseconds, and the size of one chunk. */
export interface Pace {
  /** How long routes wait for clusters to become warm, and removals for what must be accepted before. */
  readonly gateMs: number
  /** Pause between two chunks of a big push while the ACK is missing. */
  readonly chunkMs: number
  /** Resources in one response of clusters or endpoints. */
  readonly chunk: number
  /** Bytes in one response of clusters or endpoints; at least one resource is sent. */
  readonly chunkBytes: number
}

/** A chunk of 70 clusters keeps Envoy's main thread for about 20 ms, one of 100 for 28; smaller ones make the first push longer. */
export const defaultPace: Pace = { gateMs: 1_000, chunkMs: 50, chunk: 70, chunkBytes: 1 << 20 }

/** What a gate may look at. */
export interface Progress {
  readonly pace: Pace
  readonly snapshot: Snapshot
  channel(type: ResourceType): Channel | undefined
  now(): number
  /** Names of routes that this proxy has refused: it still uses the old ones. */
  stuckRoutes(): boolean
}

/** When a step may go: a time in milliseconds since 1970 (0 = now), or Infinity = when something else has happened. */
type Gate = (view: Progress, channel: Channel) => number

export interface Step {
  readonly type: ResourceType
  readonly what: 'put' | 'remove' | 'both'
  readonly opens: Gate
  readonly why: string
}

const atOnce: Gate = () => 0

/** After the first type has been sent completely. */
const sent =
  (type: ResourceType): Gate =>
  (view) => {
    const other = view.channel(type)
    return other?.unsent || other?.owed ? Infinity : 0
  }

/** After what the other type has to say is sent and accepted, or was sent `gateMs` ago. */
const accepted =
  (type: ResourceType, what: 'put' | 'remove'): Gate =>
  (view, channel) => {
    const other = view.channel(type)
    if (!other) return channel.removesSince + view.pace.gateMs
    if (other.unsent || (what === 'remove' && other.removes.size > 0)) return Infinity
    return other.flights.size > 0 ? other.lastSent + view.pace.gateMs : 0
  }

/** Clusters may go when no route of this proxy needs them; a proxy that refused its new routes keeps the clusters of the old ones. */
const unused: Gate = (view, channel) => (view.stuckRoutes() ? Infinity : accepted('routes', 'put')(view, channel))

const later =
  (...gates: readonly Gate[]): Gate =>
  (view, channel) =>
    Math.max(...gates.map((gate) => gate(view, channel)))

/** The clusters that the waiting routes name are warm (their CDS response is accepted), or have had `gateMs` to become so. */
const warm: Gate = (view, channel) => {
  const clusters = view.channel('cluster')
  if (!clusters || (clusters.puts.size === 0 && clusters.singles.size === 0 && clusters.pending.size === 0)) return 0
  let waits = false
  const needs = [...channel.puts, ...channel.singles].flatMap((name) => view.snapshot.get(channel.type, name)?.final.refs ?? [])
  for (const ref of needs) {
    if (ref.type !== 'cluster') continue
    if (clusters.puts.has(ref.name) || clusters.singles.has(ref.name)) return Infinity
    waits ||= clusters.pending.has(ref.name)
  }
  channel.readySince ??= view.now()
  const { gateMs } = view.pace
  return waits ? Math.max(channel.putsSince + gateMs, channel.readySince + gateMs / 4) : 0
}

/** The order in which a stream says things. The first line that has something to say and whose gate is open goes next. */
export const order: readonly Step[] = [
  { type: 'runtime', what: 'both', opens: atOnce, why: 'switches and breakers depend on nothing and must act at once' },
  { type: 'secret', what: 'put', opens: atOnce, why: 'clusters and listeners warm only when their secrets are there' },
  { type: 'cluster', what: 'put', opens: atOnce, why: 'routes are not warmed: a cluster must exist before a route names it' },
  {
    type: 'endpoints',
    what: 'put',
    opens: atOnce,
    why: 'a changed cluster is warm only after endpoints that come after it; its ACK is withheld until then',
  },
  { type: 'extension', what: 'put', opens: atOnce, why: 'filters that suit old and new routes (the bridge) are there before the routes change' },
  { type: 'listener', what: 'both', opens: sent('cluster'), why: 'a new proxy opens its ports only when it was told every cluster' },
  { type: 'routes', what: 'put', opens: warm, why: 'a route to a cluster that is not warm answers 503' },
  // The final version of bridged resources follows here: it joins the puts above once the routes are accepted.
  { type: 'routes', what: 'remove', opens: accepted('listener', 'remove'), why: 'a listener that is still there needs its routes' },
  { type: 'extension', what: 'remove', opens: accepted('listener', 'remove'), why: 'a filter without its configuration answers 500' },
  { type: 'cluster', what: 'remove', opens: unused, why: 'the old routes use the cluster until the new ones are accepted' },
  {
    type: 'secret',
    what: 'remove',
    opens: later(accepted('cluster', 'remove'), accepted('listener', 'remove')),
    why: 'a cluster or listener that is still there needs its secret',
  },
  { type: 'endpoints', what: 'remove', opens: accepted('cluster', 'remove'), why: 'a cluster that is still there would lose its hosts' },
]
