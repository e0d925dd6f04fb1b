import { create, type MessageInitShape } from '@bufbuild/protobuf'
import { type ClusterLoadAssignment, ClusterLoadAssignmentSchema } from '#gen/envoy/config/endpoint/v3/endpoint_pb.js'
import type { LbEndpointSchema } from '#gen/envoy/config/endpoint/v3/endpoint_components_pb.js'
import { compare } from '../lib/compare.ts'
import type { Endpoint, Service } from '../model/gateway.ts'
import type { AssignmentPatch } from './parts.ts'

type LbEndpointInit = MessageInitShape<typeof LbEndpointSchema>

/** Service → ClusterLoadAssignment: one locality for each zone, by priority; labels as `envoy.lb` metadata. https://www.envoyproxy.io/docs/envoy/latest/api-v3/config/endpoint/v3/endpoint.proto */
export function loadAssignment(service: Service, patch: AssignmentPatch = {}): ClusterLoadAssignment {
  const { policy, priorityOf = () => 0 } = patch
  const zones = new Map<string | undefined, LbEndpointInit[]>()
  for (const endpoint of [...service.discovery.endpoints].sort(byAddress)) {
    const list = zones.get(endpoint.zone)
    if (list) list.push(lbEndpoint(endpoint))
    else zones.set(endpoint.zone, [lbEndpoint(endpoint)])
  }
  const localities = [...zones]
    .map(([zone, lbEndpoints]) => ({ locality: { zone: zone ?? '' }, priority: priorityOf(zone), lbEndpoints }))
    .sort((a, b) => a.priority - b.priority || compare(a.locality.zone, b.locality.zone))
  return create(ClusterLoadAssignmentSchema, { clusterName: service.name, endpoints: localities, ...(policy ? { policy } : {}) })
}

function lbEndpoint(endpoint: Endpoint): LbEndpointInit {
  const labels = Object.entries(endpoint.labels).sort(([a], [b]) => compare(a, b))
  return {
    hostIdentifier: {
      case: 'endpoint',
      value: {
        address: {
          address: { case: 'socketAddress', value: { address: endpoint.address, portSpecifier: { case: 'portValue', value: endpoint.port } } },
        },
      },
    },
    loadBalancingWeight: endpoint.weight,
    ...(labels.length === 0
      ? {}
      : { metadata: { filterMetadata: { 'envoy.lb': Object.fromEntries(labels.map(([name, value]) => [name, labelValue(value)])) } } }),
  }
}

function labelValue(value: string | readonly string[]): string | string[] {
  return typeof value === 'string' ? value : [...value]
}

function byAddress(a: Endpoint, b: Endpoint): number {
  return compare(a.address, b.address) || a.port - b.port
}
