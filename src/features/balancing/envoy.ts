import { LeastRequestSchema } from '#gen/envoy/extensions/load_balancing_policies/least_request/v3/least_request_pb.js'
import { MaglevSchema } from '#gen/envoy/extensions/load_balancing_policies/maglev/v3/maglev_pb.js'
import { RandomSchema } from '#gen/envoy/extensions/load_balancing_policies/random/v3/random_pb.js'
import { RingHashSchema } from '#gen/envoy/extensions/load_balancing_policies/ring_hash/v3/ring_hash_pb.js'
import { RoundRobinSchema } from '#gen/envoy/extensions/load_balancing_policies/round_robin/v3/round_robin_pb.js'
import { any } from '../../envoy/any.ts'
import { policy } from '../../envoy/cluster.ts'
import { hashPolicy } from '../../envoy/hash-policy.ts'
import type { EnvoyParts } from '../../envoy/parts.ts'
import type { Strategy } from './config.ts'
import type { Balancing } from './model.ts'

const policies: Readonly<Record<Strategy, ReturnType<typeof policy>>> = {
  'round-robin': policy('round_robin', any(RoundRobinSchema, {})),
  'least-request': policy('least_request', any(LeastRequestSchema, {})),
  random: policy('random', any(RandomSchema, {})),
  'ring-hash': policy('ring_hash', any(RingHashSchema, {})),
  maglev: policy('maglev', any(MaglevSchema, {})),
}

export const envoy: EnvoyParts<Balancing> = {
  cluster: (balancing) => ({ cluster: { loadBalancingPolicy: policies[balancing.strategy] } }),
  serviceRoute: ({ key }, _service, _route, match) => {
    const policy = key && hashPolicy(key, match)
    return policy ? { forward: { hashPolicy: [policy] } } : {}
  },
}
