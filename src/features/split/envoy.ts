import { hashPolicy } from '../../envoy/hash-policy.ts'
import type { EnvoyParts } from '../../envoy/parts.ts'
import type { Split } from './model.ts'

export const envoy: EnvoyParts<Split> = {
  route({ by }, { action }, match) {
    if (action.type !== 'forward' || action.targets.length < 2) return {}
    const policy = hashPolicy(by, match)
    return policy ? { destination: { byHash: true }, forward: { hashPolicy: [policy] } } : {}
  },
}
