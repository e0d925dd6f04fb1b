import type { MessageInitShape } from '@bufbuild/protobuf'
import type { RouteAction_HashPolicySchema } from '#gen/envoy/config/route/v3/route_components_pb.js'
import { LeastRequestSchema } from '#gen/envoy/extensions/load_balancing_policies/least_request/v3/least_request_pb.js'
import { MaglevSchema } from '#gen/envoy/extensions/load_balancing_policies/maglev/v3/maglev_pb.js'
import { RandomSchema } from '#gen/envoy/extensions/load_balancing_policies/random/v3/random_pb.js'
import { RingHashSchema } from '#gen/envoy/extensions/load_balancing_policies/ring_hash/v3/ring_hash_pb.js'
import { RoundRobinSchema } from '#gen/envoy/extensions/load_balancing_policies/round_robin/v3/round_robin_pb.js'
import { any } from '../../envoy/any.ts'
import { policy } from '../../envoy/cluster.ts'
import type { EnvoyParts } from '../../envoy/parts.ts'
import type { Attribute } from '../../model/attribute.ts'
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
  serviceRoute: (balancing) => (balancing.key ? { forward: { hashPolicy: [hashPolicy(balancing.key)] } } : {}),
}

function hashPolicy(key: Attribute): MessageInitShape<typeof RouteAction_HashPolicySchema> {
  switch (key.type) {
    case 'client.ip':
      return { policySpecifier: { case: 'connectionProperties', value: { sourceIp: true } } }
    case 'request.header':
      return { policySpecifier: { case: 'header', value: { headerName: key.name } } }
    case 'request.cookie':
      return { policySpecifier: { case: 'cookie', value: { name: key.name } } }
    case 'request.query':
      return { policySpecifier: { case: 'queryParameter', value: { name: key.name } } }
  }
}
