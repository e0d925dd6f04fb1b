import type { Good } from '../compile.ts'
import type { Feature } from '../feature.ts'
import type { Target } from '../target.ts'
import type { Cost } from './cost.ts'
import { type Action, diff, type PlannedChange } from './diff.ts'
import { envoyCost } from './envoy-cost.ts'
import { nginxCost } from './nginx-cost.ts'
import { type Side, type State, stateOf } from './state.ts'

/** What would happen if one gateway took the place of another. */
export interface Plan {
  readonly changes: readonly PlannedChange[]
  readonly cost: Cost
  readonly summary: Readonly<Record<Action, number>>
}

/** `base` is the absolute path of the directory of the new root file. */
export function plan(before: Side, after: { readonly good: Good<Target>; readonly base: string }, features: readonly Feature[]): Plan {
  const changes = diff(before, { state: stateOf(after.good), base: after.base }, features)
  const summary = { add: 0, change: 0, remove: 0 }
  for (const { action } of changes) summary[action]++
  return { changes, cost: costOf(before.state, after.good), summary }
}

/** What it costs to bring proxies from one state to what was compiled; a state of another engine counts as nothing. */
function costOf(before: State | undefined, after: Good<Target>): Cost {
  if (after.target === 'nginx') return nginxCost(before?.target === 'nginx' ? before : undefined, after)
  return envoyCost(before?.target === 'envoy' ? before : undefined, after)
}

/** Whether there is anything to do: a change that the user sees, bytes that proxies get, or a reload. */
export function isEmpty({ changes, cost }: Plan): boolean {
  return changes.length === 0 && cost.pushes.length === 0 && (cost.reload ?? []).length === 0
}
