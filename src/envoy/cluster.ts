import { create, type MessageInitShape } from '@bufbuild/protobuf'
import { type Cluster, Cluster_DiscoveryType, ClusterSchema, type LoadBalancingPolicySchema } from '#gen/envoy/config/cluster/v3/cluster_pb.js'
import { DnsLookupFamily } from '#gen/envoy/extensions/clusters/common/dns/v3/dns_pb.js'
import { DnsClusterSchema } from '#gen/envoy/extensions/clusters/dns/v3/dns_cluster_pb.js'
import { RoundRobinSchema } from '#gen/envoy/extensions/load_balancing_policies/round_robin/v3/round_robin_pb.js'
import {
  Subset_LbSubsetFallbackPolicy,
  Subset_LbSubsetSelector_LbSubsetSelectorFallbackPolicy as SelectorFallback,
  SubsetSchema,
} from '#gen/envoy/extensions/load_balancing_policies/subset/v3/subset_pb.js'
import { HttpProtocolOptionsSchema } from '#gen/envoy/extensions/upstreams/http/v3/http_protocol_options_pb.js'
import { ApiVersion } from '#gen/envoy/config/core/v3/config_source_pb.js'
import type { Service, Subset } from '../model/gateway.ts'
import { any } from './any.ts'
import { loadAssignment } from './endpoints.ts'
import { duration } from './duration.ts'
import type { ClusterPatch } from './parts.ts'

/** Default time to connect to an endpoint, in milliseconds. */
const connectTimeoutMs = 5_000

/**
 * How long an unused HTTP/1.1 connection to an endpoint is kept, in milliseconds. Many servers close theirs after 5 s (Node.js, uvicorn);
 * a request that is sent at that moment would be lost, so the gateway closes first. HTTP/2 says goodbye and needs no such care.
 */
const idleTimeoutMs = 4_000

/** Envoy's own default of three concurrent retries for a whole cluster is a hidden limiter: a share of the active requests is used instead. */
const retryBudget = { budgetPercent: { value: 20 }, minRetryConcurrency: 10 }

/** Service → Cluster. Endpoints come by EDS, names are resolved by the proxy itself so that it goes on without sluice. */
export function cluster(service: Service, patch: ClusterPatch): Cluster {
  const { loadBalancingPolicy, ...fields } = patch.cluster ?? {}
  return create(ClusterSchema, {
    name: service.name,
    connectTimeout: duration(connectTimeoutMs),
    perConnectionBufferLimitBytes: 32_768,
    ignoreHealthOnHostRemoval: true,
    ...discovery(service, patch),
    ...fields,
    loadBalancingPolicy: withSubsets(service, loadBalancingPolicy ?? roundRobin),
    commonLbConfig: { healthyPanicThreshold: { value: 0 }, updateMergeWindow: duration(0), ...patch.commonLb },
    circuitBreakers: { thresholds: [{ retryBudget, ...patch.thresholds }] },
    typedExtensionProtocolOptions: {
      'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': any(HttpProtocolOptionsSchema, {
        ...(service.protocol === 'http1' && { commonHttpProtocolOptions: { idleTimeout: duration(idleTimeoutMs) } }),
        upstreamProtocolOptions: protocol(service),
        ...patch.http,
      }),
    },
  })
}

const roundRobin = policy('round_robin', any(RoundRobinSchema, {}))

/** One entry of a load balancing policy list. */
export function policy(name: string, typedConfig: ReturnType<typeof any>): MessageInitShape<typeof LoadBalancingPolicySchema> {
  return { policies: [{ typedExtensionConfig: { name: `envoy.load_balancing_policies.${name}`, typedConfig } }] }
}

/** IPv4 first: a name such as `localhost` often has an IPv6 address that nobody listens on. */
const dns = { respectDnsTtl: true, dnsRefreshRate: duration(5_000), dnsLookupFamily: DnsLookupFamily.V4_PREFERRED }

type ClusterFields = Pick<
  Exclude<MessageInitShape<typeof ClusterSchema>, { $typeName: string }>,
  'clusterDiscoveryType' | 'edsClusterConfig' | 'loadAssignment'
>

function discovery(service: Service, patch: ClusterPatch): ClusterFields {
  if (service.discovery.type === 'static') {
    return {
      clusterDiscoveryType: { case: 'type', value: Cluster_DiscoveryType.EDS },
      edsClusterConfig: {
        edsConfig: { resourceApiVersion: ApiVersion.V3, configSourceSpecifier: { case: 'ads', value: {} } },
        serviceName: service.name,
      },
    }
  }
  return {
    clusterDiscoveryType: {
      case: 'clusterType',
      value: { name: 'envoy.cluster.dns', typedConfig: any(DnsClusterSchema, dns) },
    },
    loadAssignment: loadAssignment(service, patch.assignment),
  }
}

function protocol(
  service: Service,
): NonNullable<Exclude<MessageInitShape<typeof HttpProtocolOptionsSchema>, { $typeName: string }>['upstreamProtocolOptions']> {
  if (service.protocol === 'http1') return { case: 'explicitHttpConfig', value: { protocolConfig: { case: 'httpProtocolOptions', value: {} } } }
  const keepalive = { interval: duration(30_000), timeout: duration(5_000) }
  return { case: 'explicitHttpConfig', value: { protocolConfig: { case: 'http2ProtocolOptions', value: { connectionKeepalive: keepalive } } } }
}

function withSubsets(
  service: Service,
  inner: MessageInitShape<typeof LoadBalancingPolicySchema>,
): MessageInitShape<typeof LoadBalancingPolicySchema> {
  if (service.subsets.length === 0) return inner
  const subset = any(SubsetSchema, {
    // A target without labels means every endpoint; one with labels that nobody carries means none.
    fallbackPolicy: Subset_LbSubsetFallbackPolicy.ANY_ENDPOINT,
    subsetSelectors: service.subsets.map(selector),
    listAsAny: true,
    subsetLbPolicy: inner,
  })
  return policy('subset', subset)
}

function selector({
  names,
  fallback,
}: Subset): NonNullable<Exclude<MessageInitShape<typeof SubsetSchema>, { $typeName: string }>['subsetSelectors']>[number] {
  const keys = [...names]
  if (!fallback) return { keys, fallbackPolicy: SelectorFallback.NO_FALLBACK }
  if (fallback.length === 0) return { keys, fallbackPolicy: SelectorFallback.ANY_ENDPOINT }
  return { keys, fallbackPolicy: SelectorFallback.KEYS_SUBSET, fallbackKeysSubset: [...fallback] }
}
