import { ClusterSchema } from '#gen/envoy/config/cluster/v3/cluster_pb.js'
import { ClusterLoadAssignmentSchema } from '#gen/envoy/config/endpoint/v3/endpoint_pb.js'
import type { Feature } from '../feature.ts'
import type { Cx } from '../model/cx.ts'
import type { Policies, Service } from '../model/gateway.ts'
import type { Resource, ResourceKey } from '../xds/resource.ts'
import { checkMessage, type Made } from './check-message.ts'
import { cluster } from './cluster.ts'
import { loadAssignment } from './endpoints.ts'
import type { ClusterPatch } from './parts.ts'
import { clusterPatch } from './patches.ts'
import { toResource } from './resource.ts'

/** A cluster, and the service that it was made of. */
interface Known {
  readonly service: Service
  readonly resource: Resource
}

/**
 * Service → its cluster and endpoints. An unchanged service costs a lookup; one of which only the static endpoints are different, as after a
 * registration, costs its endpoints, because nothing else of a cluster is made of them (`ClusterPatch.assignment` apart).
 */
export class ServiceEmitter {
  readonly #features: readonly Feature[]
  readonly #services = new WeakMap<Service, Made<readonly Resource[]>>()
  readonly #clusters = new WeakMap<Policies, Known>()

  constructor(features: readonly Feature[]) {
    this.#features = features
  }

  emit(service: Service, at: Cx['at']): Made<readonly Resource[]> {
    const made = this.#services.get(service) ?? this.#make(service, at)
    // Findings name places, which may be others next time.
    if (made.diagnostics.length === 0) this.#services.set(service, made)
    return made
  }

  #make(service: Service, at: Cx['at']): Made<readonly Resource[]> {
    const patch = clusterPatch(this.#features, service)
    if (service.discovery.type === 'dns') {
      const { value, diagnostics } = makeCluster(service, patch, [], at)
      return { value: [value], diagnostics }
    }
    const assignment = loadAssignment(service, patch.assignment)
    const owner = `service/${service.name}`
    const endpoints = toResource({ type: 'endpoints', name: service.name }, ClusterLoadAssignmentSchema, assignment, { owner })
    const found = checkMessage(ClusterLoadAssignmentSchema, assignment, () => at(service, ['endpoints']))
    const { value, diagnostics } = this.#cluster(service, patch, at)
    return { value: [value, endpoints], diagnostics: [...diagnostics, ...found] }
  }

  #cluster(service: Service, patch: ClusterPatch, at: Cx['at']): Made<Resource> {
    const known = this.#clusters.get(service.policies)
    if (known && sameButEndpoints(known.service, service)) return { value: known.resource, diagnostics: [] }
    const made = makeCluster(service, patch, [{ type: 'endpoints', name: service.name }], at)
    if (made.diagnostics.length === 0) this.#clusters.set(service.policies, { service, resource: made.value })
    return made
  }
}

function sameButEndpoints(a: Service, b: Service): boolean {
  return a.name === b.name && a.protocol === b.protocol && a.subsets === b.subsets && a.discovery.type === b.discovery.type
}

function makeCluster(service: Service, patch: ClusterPatch, refs: readonly ResourceKey[], at: Cx['at']): Made<Resource> {
  const message = cluster(service, patch)
  const value = toResource({ type: 'cluster', name: service.name }, ClusterSchema, message, {
    refs: [...(patch.refs ?? []), ...refs],
    owner: `service/${service.name}`,
  })
  return { value, diagnostics: checkMessage(ClusterSchema, message, () => at(service)) }
}
