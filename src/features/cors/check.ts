import type { Diagnostic } from '../../diagnostics/diagnostic.ts'
import type { CheckCx } from '../../model/cx.ts'
import type { Route } from '../../model/gateway.ts'
import type { Cors } from './model.ts'

export function* check(_value: Cors, route: Route, cx: CheckCx): Iterable<Diagnostic> {
  if (route.action.type === 'forward') return
  yield {
    code: 'cors/without-forward',
    severity: 'error',
    message: `route ${route.name} does not forward, so it cannot have cors`,
    at: cx.at(route, ['cors'], 'key'),
    help: 'write `cors: none` on the route if it inherits the key',
  }
}
