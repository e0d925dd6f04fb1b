import { hashPolicy } from '../../envoy/hash-policy.ts'
import type { EnvoyParts, RoutePatch, Variant, VariantConditions } from '../../envoy/parts.ts'
import { headerCondition } from '../../envoy/route-match.ts'
import type { Match, Route, Target } from '../../model/gateway.ts'
import { type Canary, type Conditions, weightOf, wholeShare } from './model.ts'

/** Each condition is a variant of the route, those that keep out first; the ordinary route shares by weight. */
export const envoy: EnvoyParts<Canary> = {
  route: (canary, route, match) => share(canary, route, match),
  variants: (canary) => [
    ...each(canary.never).map((when): Variant => ({ when, patch: {} })),
    ...each(canary.force).map((when): Variant => ({ when, patch: { destination: { targets: [{ ...canary.to, weight: 1 }] } } })),
  ],
}

function share(canary: Canary, { action }: Route, match: Match): RoutePatch {
  const stable = action.type === 'forward' ? action.targets[0] : undefined
  const weight = weightOf(canary)
  if (!stable || weight === 0) return {}
  if (weight === wholeShare) return { destination: { targets: [{ ...canary.to, weight: 1 }] } }
  // The canary is first: the hashes that it takes at 5 % are among those that it takes at 10 %.
  const targets: Target[] = [
    { ...canary.to, weight },
    { ...stable, weight: wholeShare - weight },
  ]
  const policy = canary.by && hashPolicy(canary.by, match)
  return policy ? { destination: { targets, byHash: true }, forward: { hashPolicy: [policy] } } : { destination: { targets } }
}

function each({ headers, cookies }: Conditions): VariantConditions[] {
  return [
    ...Object.entries(headers).map(([name, value]) => ({ headers: [headerCondition({ name, type: 'exact', value })] })),
    ...Object.entries(cookies).map(([name, value]) => ({
      cookies: [{ name, stringMatch: { matchPattern: { case: 'exact' as const, value } } }],
    })),
  ]
}
