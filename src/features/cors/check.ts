import type { Diagnostic } from '../../diagnostics/diagnostic.ts'
import type { Cx } from '../../model/cx.ts'
import type { Gateway } from '../../model/gateway.ts'

export function* check(gateway: Gateway, cx: Cx): Iterable<Diagnostic> {
  for (const route of gateway.routes.values()) {
    if (route.policies['cors'] === undefined || route.action.type === 'forward') continue
    yield {
      code: 'cors/without-forward',
      severity: 'error',
      message: `route ${route.name} does not forward, so it cannot have cors`,
      at: cx.at(route, ['cors'], 'key'),
      help: 'write `cors: none` on the route if it inherits the key',
    }
  }
}
