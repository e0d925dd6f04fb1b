import { create, fromBinary } from '@bufbuild/protobuf'
import { type ClusterLoadAssignment, ClusterLoadAssignmentSchema } from '#gen/envoy/config/endpoint/v3/endpoint_pb.js'
import type { LbEndpoint, LocalityLbEndpoints } from '#gen/envoy/config/endpoint/v3/endpoint_components_pb.js'
import type { Resource } from '../xds/resource.ts'
import { toResource } from './resource.ts'

interface Leaving {
  readonly endpoint: LbEndpoint
  readonly locality: LocalityLbEndpoints
  /** When it may go, in milliseconds of the caller's clock. */
  readonly until: number
}

interface Swapping {
  readonly final: Resource
  /** What `final` says, read when it is asked for: of a service whose new endpoints serve at once nobody asks. */
  readonly message: () => ClusterLoadAssignment
  readonly leaving: ReadonlyMap<string, Leaving>
}

/** One step of an exchange of endpoints. Times are of the caller's clock, in milliseconds. */
export interface SwapPlan {
  readonly serve: Resource
  readonly again?: number
  commit(): void
}

/**
 * Endpoints that are taken out stay until those that replace them can be expected to serve: a new endpoint of a health-checked service takes
 * no traffic before its first passed check, so an exchange of all endpoints in one push would leave none.
 */
export class EndpointSwaps {
  readonly #services = new Map<string, Swapping>()

  /**
   * What to serve now in place of `next`, and when to ask again (undefined: nothing is leaving). `settleMs` 0 means new endpoints serve at once.
   * Nothing is remembered before `commit` is called, so that a publish that is refused leaves no trace.
   */
  plan(next: Resource, settleMs: number, now: number): SwapPlan {
    const before = this.#services.get(next.name)
    const message = before?.final.version === next.version ? before.message : once(() => fromBinary(ClusterLoadAssignmentSchema, next.value))
    const leaving = before ? leavingAfter(before, message, settleMs, now) : new Map<string, Leaving>()
    const commit = (): void => void this.#services.set(next.name, { final: next, message, leaving })
    if (leaving.size === 0) return { serve: next, commit }
    return { serve: union(next, message(), [...leaving.values()]), again: Math.min(...[...leaving.values()].map((one) => one.until)), commit }
  }

  /** The service is gone; what was known of it must not come back with a later one of the same name. */
  forget(name: string): void {
    this.#services.delete(name)
  }
}

function once<T>(read: () => T): () => T {
  let value: T | undefined
  return () => (value ??= read())
}

function leavingAfter(before: Swapping, next: () => ClusterLoadAssignment, settleMs: number, now: number): Map<string, Leaving> {
  if (settleMs === 0 && before.leaving.size === 0) return new Map()
  const staying = endpointsOf(next())
  const had = endpointsOf(before.message())
  const leaving = new Map([...before.leaving].filter(([key, one]) => one.until > now && !staying.has(key)))
  const isNew = [...staying.keys()].some((key) => !had.has(key))
  if (settleMs > 0 && (isNew || leaving.size > 0)) {
    for (const [key, { endpoint, locality }] of had) if (!staying.has(key)) leaving.set(key, { endpoint, locality, until: now + settleMs })
  }
  return leaving
}

function endpointsOf(message: ClusterLoadAssignment): Map<string, { endpoint: LbEndpoint; locality: LocalityLbEndpoints }> {
  const found = new Map<string, { endpoint: LbEndpoint; locality: LocalityLbEndpoints }>()
  for (const locality of message.endpoints) for (const endpoint of locality.lbEndpoints) found.set(keyOf(endpoint), { endpoint, locality })
  return found
}

function keyOf(endpoint: LbEndpoint): string {
  const address = endpoint.hostIdentifier.case === 'endpoint' ? endpoint.hostIdentifier.value.address?.address : undefined
  if (address?.case !== 'socketAddress') throw new TypeError('an endpoint without a socket address')
  const port = address.value.portSpecifier.case === 'portValue' ? address.value.portSpecifier.value : 0
  return `${address.value.address} ${port}`
}

function union(next: Resource, message: ClusterLoadAssignment, leaving: readonly Leaving[]): Resource {
  const localities = message.endpoints.map((one) => ({ ...one, lbEndpoints: [...one.lbEndpoints] }))
  // Priorities have no gaps, so a zone that is leaving comes after those that stay.
  const last = Math.max(-1, ...localities.map(({ priority }) => priority))
  for (const { endpoint, locality } of leaving) {
    const own = localities.find((one) => one.locality?.zone === locality.locality?.zone)
    if (own) own.lbEndpoints.push(endpoint)
    else localities.push({ ...locality, priority: Math.min(locality.priority, last + 1), lbEndpoints: [endpoint] })
  }
  const { policy } = message
  const united = create(ClusterLoadAssignmentSchema, { clusterName: message.clusterName, endpoints: localities, ...(policy && { policy }) })
  return toResource({ type: 'endpoints', name: next.name }, ClusterLoadAssignmentSchema, united, {
    refs: next.refs,
    ...(next.owner && { owner: next.owner }),
  })
}
