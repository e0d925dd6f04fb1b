import type { Diagnostic } from '../../diagnostics/diagnostic.ts'
import type { CheckCx, Cx } from '../../model/cx.ts'
import type { Match, Route } from '../../model/gateway.ts'
import { type Rewrite, variablesOf } from './model.ts'

/** A rewrite must fit every match alternative of its route. */
export function* check(rewrite: Rewrite, route: Route, cx: CheckCx): Iterable<Diagnostic> {
  if (route.action.type !== 'forward') {
    yield finding('rewrite/without-forward', `route ${route.name} does not forward, so there is nothing to rewrite`, route, cx, [])
    return
  }
  for (const match of route.match) yield* checkMatch(rewrite, match, route, cx)
}

function* checkMatch(rewrite: Rewrite, match: Match, route: Route, cx: Cx): Iterable<Diagnostic> {
  if (rewrite.prefix !== undefined && match.path.type !== 'prefix') {
    const help = 'match "/prefix/*", or use `rewrite: {path: …}`'
    yield finding('rewrite/no-prefix', `route ${route.name} rewrites a prefix, but does not match one`, route, cx, ['prefix'], help)
  }
  if (rewrite.path === undefined) return
  const known = match.path.type === 'template' ? match.path.segments.flatMap((segment) => (segment.type === 'literal' ? [] : [segment.name])) : []
  for (const name of variablesOf(rewrite.path)) {
    if (known.includes(name)) continue
    const help = known.length > 0 ? `it has ${known.map((one) => `{${one}}`).join(', ')}` : 'variables come from a template such as "/users/{user}"'
    yield finding('rewrite/unknown-variable', `the match of route ${route.name} has no variable {${name}}`, route, cx, ['path'], help)
  }
}

function finding(code: string, message: string, route: Route, cx: Cx, path: readonly string[], help?: string): Diagnostic {
  return { code, severity: 'error', message, at: cx.at(route, ['rewrite', ...path]), help }
}
