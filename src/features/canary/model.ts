import type { Diagnostic } from '../../diagnostics/diagnostic.ts'
import type { LowerCx, NodeDraft } from '../../feature.ts'
import { parsePercent } from '../../lib/parse-percent.ts'
import { type Attribute, hashKeys } from '../../model/attribute.ts'
import { readAttribute } from '../../model/read-attribute.ts'
import { canonical } from '../../model/canonical.ts'
import type { CheckCx } from '../../model/cx.ts'
import type { Route, Target } from '../../model/gateway.ts'
import type { Written, WrittenConditions } from './config.ts'

/** Share in percent. */
export interface Canary {
  readonly to: Pick<Target, 'service' | 'labels'>
  readonly percent: number
  readonly by?: Attribute
  readonly force: Conditions
  readonly never: Conditions
}

/** Values by name, any of which is enough; names of headers are in lower case. */
export interface Conditions {
  readonly headers: Readonly<Record<string, string>>
  readonly cookies: Readonly<Record<string, string>>
}

/** Weights of a share and its rest add up to this, so that who is in stays in when the share grows. Percentages have four digits after the point. */
export const wholeShare = 1_000_000

/** The share as a weight. */
export function weightOf({ percent }: Canary): number {
  return Math.round((percent / 100) * wholeShare)
}

export function lower(value: unknown, _node: NodeDraft, cx: LowerCx): Canary {
  const { to, percent, by, force, never } = value as Written
  const attribute = by === undefined ? undefined : readAttribute(by, hashKeys, ['canary', 'by'], cx)
  const share = parsePercent(percent ?? '0%') ?? 0
  if (share === 0 && !force) {
    const help = 'add `percent: 5%`, or `force`'
    cx.report({ code: 'canary/nobody', message: 'no request would ever go to the canary', path: ['canary'], help })
  }
  return {
    to: typeof to === 'string' ? { service: to, labels: {} } : { service: to.service, labels: to.labels ?? {} },
    percent: share,
    ...(attribute && { by: attribute }),
    force: conditions(force),
    never: conditions(never),
  }
}

function conditions({ headers = {}, cookies = {} }: WrittenConditions = {}): Conditions {
  return { headers: sorted(headers, (name) => name.toLowerCase()), cookies: sorted(cookies, (name) => name) }
}

function sorted(values: Readonly<Record<string, string>>, naming: (name: string) => string): Record<string, string> {
  const named = Object.entries(values).map(([name, value]): [string, string] => [naming(name), value])
  return Object.fromEntries(named.sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** A canary stands beside exactly one target. */
export function* check(canary: Canary, route: Route, cx: CheckCx): Iterable<Diagnostic> {
  const targets = route.action.type === 'forward' ? route.action.targets : []
  const [only, another] = targets
  if (!only || another) {
    yield {
      code: 'canary/needs-one-target',
      severity: 'error',
      message: only ? `route ${route.name} has several targets already` : `route ${route.name} has no target beside which a canary could stand`,
      at: cx.at(route, ['canary'], 'key'),
      help: only ? 'give it a single `to`, or give the canary a weight among the targets' : 'write `to`, or leave `canary` out',
    }
  } else if (only.service === canary.to.service && canonical(only.labels) === canonical(canary.to.labels)) {
    yield {
      code: 'canary/same-target',
      severity: 'error',
      message: `the canary of route ${route.name} is what the route leads to anyway`,
      at: cx.at(route, ['canary', 'to']),
      help: 'name another service, or labels of other endpoints',
    }
  }
}

export function written({ to, force, never, ...rest }: Canary): unknown {
  return {
    ...rest,
    to: Object.keys(to.labels).length > 0 ? to : to.service,
    ...(asksAnything(force) && { force }),
    ...(asksAnything(never) && { never }),
  }
}

function asksAnything({ headers, cookies }: Conditions): boolean {
  return Object.keys(headers).length + Object.keys(cookies).length > 0
}
