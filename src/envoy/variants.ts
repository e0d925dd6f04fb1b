import type { RoutePatch, Variant, VariantConditions } from './parts.ts'

/** One feature's part in a route: its variants in their order, and what holds when none does. */
export interface Choice {
  readonly variants: readonly Variant[]
  readonly otherwise: RoutePatch
}

/** One Envoy route of an entry: its conditions, and the patches of all features. */
export interface Way {
  readonly when: Required<VariantConditions>
  readonly patches: readonly RoutePatch[]
}

/** The most Envoy routes that one entry may become; each costs memory in every proxy, and time while Envoy scans them. */
export const maxVariants = 24

/** How many Envoy routes an entry with these choices becomes. */
export function countWays(choices: readonly Choice[]): number {
  return choices.reduce((count, { variants }) => count * (variants.length + 1), 1)
}

/**
 * Every combination of the features' variants, so that the first one whose conditions hold has, for each feature, the first variant that holds.
 * The last way has no conditions.
 */
export function waysOf(choices: readonly Choice[]): Way[] {
  let ways: readonly Way[] = [{ when: { headers: [], cookies: [] }, patches: [] }]
  for (const { variants, otherwise } of choices) {
    const each: readonly Variant[] = [...variants, { when: {}, patch: otherwise }]
    ways = ways.flatMap(({ when, patches }) =>
      each.map((variant) => ({
        when: { headers: [...when.headers, ...(variant.when.headers ?? [])], cookies: [...when.cookies, ...(variant.when.cookies ?? [])] },
        patches: [...patches, variant.patch],
      })),
    )
  }
  return [...ways]
}
