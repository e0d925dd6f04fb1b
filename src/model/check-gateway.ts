import type { Diagnostic } from '../diagnostics/diagnostic.ts'
import type { CheckInput } from './check-input.ts'
import { checkListeners } from './check-listeners.ts'
import { checkRoute } from './check-route.ts'
import { checkCx } from './cx.ts'
import type { ServiceUse } from './service-use.ts'
import { writtenAt } from './rank.ts'
import { findShadowed } from './shadow.ts'

/** Unused and shadowed things: what only the whole gateway can tell; and the references of routes that are left out of it. */
export function* checkGateway(input: CheckInput, use: ServiceUse): Iterable<Diagnostic> {
  yield* checkListeners(input)
  const cx = checkCx(input, input.cx)
  for (const route of input.damaged) yield* checkRoute(route, { ...input, cx })
  yield* checkUnused(input, use.update(input.gateway))
  yield* checkShadowed(input)
}

function* checkUnused({ gateway, invalid, cx }: CheckInput, used: ReadonlyMap<string, unknown>): Iterable<Diagnostic> {
  // A route with a mistake, or with a mistyped `to`, may be the one that leads to the service: nobody must be told to remove it.
  if ([...invalid].some((what) => what.startsWith('routes/'))) return
  for (const name of used.keys()) if (!gateway.services.has(name) && !invalid.has(`services/${name}`)) return
  for (const [name, service] of gateway.services) {
    if (used.has(name)) continue
    yield {
      code: 'service/unused',
      severity: 'warning',
      message: `no route leads to service ${name}`,
      at: cx.at(service, [], 'key'),
      help: 'remove it, or add a route with `to`',
    }
  }
}

function* checkShadowed({ gateway, tables, cx }: CheckInput): Iterable<Diagnostic> {
  const told = new Set<unknown>()
  for (const listener of gateway.listeners.values()) {
    const table = tables.get(listener.name)
    for (const { entry, by, kind } of table ? findShadowed(table) : []) {
      if (told.has(entry)) continue
      told.add(entry)
      const at = cx.at(entry.route, writtenAt(entry))
      const related = [{ message: 'the route that takes them', at: cx.at(by.route, writtenAt(by)) }]
      yield kind === 'duplicate'
        ? {
            code: 'route/duplicate',
            severity: 'error',
            message: `routes ${by.route.name} and ${entry.route.name} match the same requests`,
            at,
            related,
            help: 'give one of them another condition, host or priority',
          }
        : {
            code: 'route/shadowed',
            severity: 'warning',
            message: `route ${entry.route.name} is never reached: ${by.route.name} takes all its requests before`,
            at,
            related,
          }
    }
  }
}
