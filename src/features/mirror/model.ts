import type { Diagnostic, Path } from '../../diagnostics/diagnostic.ts'
import type { LowerCx, NodeDraft } from '../../feature.ts'
import { parsePercent } from '../../lib/parse-percent.ts'
import type { CheckCx } from '../../model/cx.ts'
import type { FurtherTarget, Route } from '../../model/gateway.ts'
import type { Written } from './config.ts'

/** Share in percent. */
interface Copy {
  readonly to: string
  readonly percent: number
}

/** One for each service, in the order of the file. */
export interface Mirror {
  readonly copies: readonly Copy[]
  /** Written as a list. */
  readonly listed: boolean
}

export function lower(value: unknown, _node: NodeDraft, cx: LowerCx): Mirror {
  const written = value as Written
  const listed = Array.isArray(written)
  const seen = new Set<string>()
  const copies = (listed ? written : [written]).flatMap(({ to, percent }, index): Copy[] => {
    if (seen.has(to)) {
      cx.report({
        code: 'mirror/twice',
        message: `${to} would get the copies twice`,
        path: ['mirror', index, 'to'],
        help: 'name each service once',
      })
    }
    seen.add(to)
    return [{ to, percent: parsePercent(percent ?? '100%') ?? 100 }]
  })
  return { copies, listed }
}

/** Where the service of a copy is written. */
export function pathOf({ listed }: Mirror, index: number): Path {
  return listed ? ['mirror', index, 'to'] : ['mirror', 'to']
}

export function targets(mirror: Mirror): FurtherTarget[] {
  return mirror.copies.map(({ to }, index) => ({ service: to, labels: {}, path: pathOf(mirror, index) }))
}

/** A route that answers by itself has nothing to copy. */
export function* check(_value: Mirror, route: Route, cx: CheckCx): Iterable<Diagnostic> {
  if (route.action.type === 'forward') return
  yield {
    code: 'mirror/nothing-to-copy',
    severity: 'error',
    message: `route ${route.name} answers by itself, so there is no request to a service that could be copied`,
    at: cx.at(route, ['mirror'], 'key'),
    help: 'write `mirror: none`, or leave it out',
  }
}

export function written({ copies, listed }: Mirror): unknown {
  return listed ? copies : copies[0]
}
