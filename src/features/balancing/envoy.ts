import { LeastRequestSchema } from '#gen/envoy/extensions/load_balancing_policies/least_request/v3/least_request_pb.js'
import { MaglevSchema } from '#gen/envoy/extensions/load_balancing_policies/maglev/v3/maglev_pb.js'
import { RandomSchema } from '#gen/envoy/extensions/load_balancing_policies/random/v3/random_pb.js'
import { RingHashSchema } from '#gen/envoy/extensions/load_balancing_policies/ring_hash/v3/ring_hash_pb.js'
import { RoundRobinSchema } from '#gen/envoy/extensions/load_balancing_policies/round_robin/v3/round_robin_pb.js'
import { any } from '../../envoy/any.ts'
import { policy } from '../../envoy/cluster.ts'
import { duration } from '../../envoy/duration.ts'
import { hashPolicy } from '../../envoy/hash-policy.ts'
import type { ClusterPatch, EnvoyParts } from '../../envoy/parts.ts'
import { levelOf, spillFactor } from './levels.ts'
import type { Balancing } from './model.ts'

export const envoy: EnvoyParts<Balancing> = {
  cluster: (balancing, service) => ({
    cluster: { loadBalancingPolicy: loadBalancingPolicy(balancing) },
    ...(balancing.panicBelow ? { commonLb: { healthyPanicThreshold: { value: balancing.panicBelow } } } : {}),
    ...assignment(balancing, service.discovery.endpoints),
  }),
  serviceRoute: ({ key }, _service, _route, match) => {
    const policy = key && hashPolicy(key, match)
    return policy ? { forward: { hashPolicy: [policy] } } : {}
  },
}

function loadBalancingPolicy({ strategy, slowStart, choices }: Balancing): ReturnType<typeof policy> {
  const slow = slowStart === undefined ? {} : { slowStartConfig: { slowStartWindow: duration(slowStart) } }
  switch (strategy) {
    case 'round-robin':
      return policy('round_robin', any(RoundRobinSchema, slow))
    case 'least-request':
    case 'peak-load':
      // The weights of peak-load come with the endpoints; between two reports the requests under way count.
      return policy('least_request', any(LeastRequestSchema, { ...slow, ...(choices === undefined ? {} : { choiceCount: choices }) }))
    case 'random':
      return policy('random', any(RandomSchema, {}))
    case 'ring-hash':
      return policy('ring_hash', any(RingHashSchema, {}))
    case 'maglev':
      return policy('maglev', any(MaglevSchema, {}))
  }
}

/**
 * Zones are priorities, and a service without them has one: then a factor of 100 makes `panicBelow` exact, because Envoy panics only when the
 * healthy endpoints times the factor are not enough. https://www.envoyproxy.io/docs/envoy/latest/intro/arch_overview/upstream/load_balancing/panic_threshold
 */
function assignment({ zones, panicBelow }: Balancing, endpoints: Parameters<typeof levelOf>[1]): Pick<ClusterPatch, 'assignment'> {
  if (zones) {
    return { assignment: { policy: { overprovisioningFactor: spillFactor(zones) }, priorityOf: levelOf(zones, endpoints) } }
  }
  return panicBelow ? { assignment: { policy: { overprovisioningFactor: 100 } } } : {}
}
