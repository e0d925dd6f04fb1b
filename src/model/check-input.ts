import type { Feature } from '../feature.ts'
import type { Moment } from './moment.ts'
import type { Cx } from './cx.ts'
import type { Gateway, Route } from './gateway.ts'
import type { RouteTable } from './rank.ts'

/** What a check of the spine may look at. `invalid` names entities that were left out because of their own findings, such as `services/orders`. */
export interface CheckInput {
  readonly features: readonly Feature[]
  readonly gateway: Gateway
  readonly tables: ReadonlyMap<string, RouteTable>
  readonly invalid: ReadonlySet<string>
  /** Routes that were left out, as far as they could be read: their references are checked as well. */
  readonly damaged: readonly Route[]
  readonly cx: Cx
  readonly moment: Moment
}
