import type { Feature } from '../feature.ts'
import type { FurtherTarget, Route } from './gateway.ts'

/** All of them, in the order of the features. */
export function furtherTargets(features: readonly Feature[], route: Route): (FurtherTarget & { readonly feature: string })[] {
  const found: (FurtherTarget & { readonly feature: string })[] = []
  for (const feature of features) {
    const value = feature.targets && route.policies[feature.name]
    if (value !== undefined) for (const target of feature.targets?.(value) ?? []) found.push({ ...target, feature: feature.name })
  }
  return found
}
