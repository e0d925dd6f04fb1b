import type { Good } from '../compile.ts'
import type { Feature } from '../feature.ts'
import { type Cost, costOf } from './cost.ts'
import { type Action, diff, type PlannedChange } from './diff.ts'
import { type Side, stateOf } from './state.ts'

/** What would happen if one gateway took the place of another. */
export interface Plan {
  readonly changes: readonly PlannedChange[]
  readonly cost: Cost
  readonly summary: Readonly<Record<Action, number>>
}

/** `base` is the absolute path of the directory of the new root file. */
export function plan(before: Side, after: { readonly good: Good; readonly base: string }, features: readonly Feature[]): Plan {
  const changes = diff(before, { state: stateOf(after.good), base: after.base }, features)
  const summary = { add: 0, change: 0, remove: 0 }
  for (const { action } of changes) summary[action]++
  return { changes, cost: costOf(before.state, after.good), summary }
}

/** Whether there is anything to do: a change that the user sees, or bytes that proxies get. */
export function isEmpty({ changes, cost }: Plan): boolean {
  return changes.length === 0 && cost.pushes.length === 0
}
