import { create, type MessageInitShape } from '@bufbuild/protobuf'
import { type ClusterLoadAssignment, ClusterLoadAssignmentSchema } from '#gen/envoy/config/endpoint/v3/endpoint_pb.js'
import type { LbEndpointSchema, LocalityLbEndpointsSchema } from '#gen/envoy/config/endpoint/v3/endpoint_components_pb.js'
import { compare } from '../lib/compare.ts'
import type { Endpoint, Service } from '../model/gateway.ts'

type LbEndpointInit = MessageInitShape<typeof LbEndpointSchema>

/** Service → ClusterLoadAssignment: one locality for each zone, labels as `envoy.lb` metadata. https://www.envoyproxy.io/docs/envoy/latest/api-v3/config/endpoint/v3/endpoint.proto */
export function loadAssignment(service: Service): ClusterLoadAssignment {
  const zones = new Map<string, LbEndpointInit[]>()
  for (const endpoint of [...service.discovery.endpoints].sort(byAddress)) {
    const zone = endpoint.zone ?? ''
    const list = zones.get(zone)
    if (list) list.push(lbEndpoint(endpoint))
    else zones.set(zone, [lbEndpoint(endpoint)])
  }
  const localities: MessageInitShape<typeof LocalityLbEndpointsSchema>[] = [...zones]
    .sort(([a], [b]) => compare(a, b))
    .map(([zone, lbEndpoints]) => ({ locality: { zone }, lbEndpoints }))
  return create(ClusterLoadAssignmentSchema, { clusterName: service.name, endpoints: localities })
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
