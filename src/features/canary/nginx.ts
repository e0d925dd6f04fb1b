import type { NginxParts } from '../../nginx/parts.ts'
import { type Canary, type Conditions, weightOf, wholeShare } from './model.ts'

/** The target itself is among the further targets of the route's line. */
export const nginx: NginxParts<Canary> = {
  state: (canary) => ({
    share: weightOf(canary),
    of: wholeShare,
    ...(canary.by && { by: { ...canary.by } }),
    force: data(canary.force),
    never: data(canary.never),
  }),
}

function data({ headers, cookies }: Conditions) {
  return { headers: { ...headers }, cookies: { ...cookies } }
}
