import type { Diagnostic } from '../../diagnostics/diagnostic.ts'
import { missingParameters } from '../../model/attribute-text.ts'
import type { CheckCx } from '../../model/cx.ts'
import type { Route } from '../../model/gateway.ts'
import type { HeaderChanges, Headers } from './model.ts'

/** A path parameter must stand in every match of the route: without it the header would be empty for some requests. */
export function* check(headers: Headers, route: Route, cx: CheckCx): Iterable<Diagnostic> {
  for (const [side, key, name, parameter] of parametersOf(headers, (text) => route.match.flatMap(({ path }) => missingParameters(text, path)))) {
    yield {
      code: 'headers/unknown-parameter',
      severity: 'error',
      message: `the match of route ${route.name} has no parameter {${parameter}}`,
      at: cx.at(route, ['headers', side, key, name]),
      help: 'parameters come from a template such as "/users/{user}"',
    }
  }
}

type Text = Extract<HeaderChanges['set'][string], object>

function* parametersOf(
  headers: Headers,
  missing: (text: Text) => readonly string[],
): Iterable<[side: string, key: string, name: string, parameter: string]> {
  for (const side of ['request', 'response'] as const) {
    for (const key of ['set', 'add'] as const) {
      for (const [name, text] of Object.entries(headers[side][key])) {
        if (typeof text === 'string') continue
        for (const parameter of new Set(missing(text))) yield [side, key, name, parameter]
      }
    }
  }
}
