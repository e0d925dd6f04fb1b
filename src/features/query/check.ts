import type { Diagnostic } from '../../diagnostics/diagnostic.ts'
import { missingParameters } from '../../model/attribute-text.ts'
import type { CheckCx } from '../../model/cx.ts'
import type { Route } from '../../model/gateway.ts'
import type { Query } from './model.ts'

/** A path parameter must stand in every match of the route: without it the value would be empty for some requests. */
export function* check(query: Query, route: Route, cx: CheckCx): Iterable<Diagnostic> {
  if (route.action.type !== 'forward') {
    const message = `route ${route.name} does not forward, so its query is written for nobody`
    yield { code: 'query/without-forward', severity: 'error', message, at: cx.at(route, ['query'], 'key'), help: 'leave `query` out' }
  }
  for (const key of ['set', 'add'] as const) {
    for (const { name, value } of query[key]) {
      if (typeof value === 'string') continue
      for (const parameter of new Set(route.match.flatMap(({ path }) => missingParameters(value, path)))) {
        yield {
          code: 'query/unknown-parameter',
          severity: 'error',
          message: `the match of route ${route.name} has no parameter {${parameter}}`,
          at: cx.at(route, ['query', key, name]),
          help: 'parameters come from a template such as "/users/{user}"',
        }
      }
    }
  }
}
