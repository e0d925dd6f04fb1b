import type { MessageInitShape } from '@bufbuild/protobuf'
import type { MetadataSchema } from '#gen/envoy/config/core/v3/base_pb.js'
import type { RouteActionSchema } from '#gen/envoy/config/route/v3/route_components_pb.js'
import { compare } from '../lib/compare.ts'
import type { Route, Target } from '../model/gateway.ts'
import type { RoutePatch } from './parts.ts'
import { perFilter } from './per-filter.ts'

type Forward = Exclude<MessageInitShape<typeof RouteActionSchema>, { $typeName: string }>

/** The targets of a route under a patch; none when it does not forward. */
export function targetsOf(route: Route, patch: RoutePatch): readonly Target[] {
  return patch.destination?.targets ?? (route.action.type === 'forward' ? route.action.targets : [])
}

/** Where a route sends requests to: one cluster, or several by weight. */
export function destination(targets: readonly Target[], patch: RoutePatch): Pick<Forward, 'clusterSpecifier' | 'metadataMatch'> {
  const byHash = patch.destination?.byHash
  const [only, ...others] = targets
  if (only && others.length === 0) {
    return { clusterSpecifier: { case: 'cluster', value: only.service }, ...(hasLabels(only) ? { metadataMatch: labels(only) } : {}) }
  }
  const clusters = targets.map((target) => ({
    name: target.service,
    weight: target.weight,
    ...filters(target, patch),
    ...(hasLabels(target) ? { metadataMatch: labels(target) } : {}),
  }))
  return {
    clusterSpecifier: {
      case: 'weightedClusters',
      value: { clusters, ...(byHash ? { randomValueSpecifier: { case: 'useHashPolicy' as const, value: { value: true } } } : {}) },
    },
  }
}

function filters(target: Target, { targetFilters }: RoutePatch): { typedPerFilterConfig?: ReturnType<typeof perFilter> } {
  const own = targetFilters?.get(target.service)
  return own ? { typedPerFilterConfig: perFilter(own) } : {}
}

function hasLabels(target: Target): boolean {
  return Object.keys(target.labels).length > 0
}

function labels(target: Target): MessageInitShape<typeof MetadataSchema> {
  return { filterMetadata: { 'envoy.lb': Object.fromEntries(Object.entries(target.labels).sort(([a], [b]) => compare(a, b))) } }
}
