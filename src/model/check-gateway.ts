import type { Diagnostic, Path } from '../diagnostics/diagnostic.ts'
import { didYouMean } from '../diagnostics/suggest.ts'
import type { CheckInput } from './check-input.ts'
import { checkListeners } from './check-listeners.ts'
import { furtherTargets } from './further-targets.ts'
import type { Route, Target } from './gateway.ts'
import { writtenAt } from './rank.ts'
import { findShadowed } from './shadow.ts'

/** References, unused and shadowed things: what only the whole gateway can tell. */
export function* checkGateway(input: CheckInput): Iterable<Diagnostic> {
  yield* checkListeners(input)
  for (const route of [...input.gateway.routes.values(), ...input.damaged]) {
    yield* checkTargets(route, input)
    yield* checkRouteListeners(route, input)
  }
  yield* checkServices(input)
  yield* checkShadowed(input)
}

function* checkTargets(route: Route, input: CheckInput): Iterable<Diagnostic> {
  const targets = route.action.type === 'forward' ? route.action.targets : []
  for (const [index, target] of targets.entries()) yield* checkTarget(route, target, targets.length > 1 ? ['to', index] : ['to'], input)
  for (const target of furtherTargets(input.features, route)) yield* checkTarget(route, target, target.path, input)
  if (targets.length > 0 && targets.every((target) => target.weight === 0)) {
    const at = input.cx.at(route, ['to'])
    yield { code: 'route/no-weight', severity: 'error', message: `all targets of route ${route.name} have weight 0`, at }
  }
}

function* checkTarget(route: Route, target: Chosen, path: Path, { gateway, invalid, cx }: CheckInput): Iterable<Diagnostic> {
  const service = gateway.services.get(target.service)
  if (!service) {
    if (invalid.has(`services/${target.service}`)) return
    yield {
      code: 'route/unknown-service',
      severity: 'error',
      message: `service "${target.service}" does not exist`,
      at: cx.at(route, path),
      help: didYouMean(target.service, gateway.services.keys()) ?? `add it under \`services\``,
    }
  } else if (
    Object.keys({ ...target.labels, ...target.byAttribute }).length > 0 &&
    !service.discovery.endpoints.some((endpoint) => carries(endpoint.labels, target))
  ) {
    yield {
      code: 'route/no-such-labels',
      severity: 'warning',
      message: `no endpoint of ${target.service} has the labels ${[...Object.entries(target.labels).map(([name, value]) => `${name}: ${value}`), ...Object.keys(target.byAttribute ?? {})].join(', ')}`,
      at: cx.at(route, path),
      help: 'until one does, requests for this target get 503',
    }
  }
}

type Chosen = Pick<Target, 'service' | 'labels' | 'byAttribute'>

function carries(labels: Readonly<Record<string, string | readonly string[]>>, target: Chosen): boolean {
  if (!Object.keys(target.byAttribute ?? {}).every((name) => labels[name] !== undefined)) return false
  return Object.entries(target.labels).every(([name, value]) => {
    const own = labels[name]
    return typeof own === 'string' ? own === value : own?.includes(value)
  })
}

function* checkRouteListeners(route: Route, { gateway, invalid, cx }: CheckInput): Iterable<Diagnostic> {
  for (const name of route.listeners) {
    const listener = gateway.listeners.get(name)
    if (!listener) {
      if (invalid.has(`listeners/${name}`)) continue
      const help = didYouMean(name, gateway.listeners.keys())
      yield { code: 'route/unknown-listener', severity: 'error', message: `listener "${name}" does not exist`, at: cx.at(route, ['listeners']), help }
    } else if (listener.redirectTo !== undefined) {
      yield {
        code: 'route/redirecting-listener',
        severity: 'error',
        message: `listener "${name}" redirects everything to "${listener.redirectTo}", so route ${route.name} would never be reached there`,
        at: cx.at(route, ['listeners']),
        help: `name "${listener.redirectTo}" instead`,
      }
    }
  }
}

function* checkServices({ features, gateway, invalid, cx }: CheckInput): Iterable<Diagnostic> {
  const used = new Set<string>()
  for (const route of gateway.routes.values()) {
    if (route.action.type === 'forward') for (const target of route.action.targets) used.add(target.service)
    for (const target of furtherTargets(features, route)) used.add(target.service)
  }
  for (const feature of features) {
    for (const service of feature.standIns ? gateway.services.values() : []) {
      const value = service.policies[feature.name]
      for (const name of value === undefined ? [] : (feature.standIns?.(value) ?? [])) used.add(name)
    }
  }
  // A route with a mistake, or with a mistyped `to`, may be the one that leads to the service: nobody must be told to remove it.
  const allRead =
    ![...invalid].some((what) => what.startsWith('routes/')) &&
    [...used].every((name) => gateway.services.has(name) || invalid.has(`services/${name}`))
  for (const service of gateway.services.values()) {
    if (allRead && !used.has(service.name)) {
      yield {
        code: 'service/unused',
        severity: 'warning',
        message: `no route leads to service ${service.name}`,
        at: cx.at(service, [], 'key'),
        help: 'remove it, or add a route with `to`',
      }
    }
    if (service.discovery.endpoints.length === 0) {
      yield {
        code: 'service/no-endpoints',
        severity: 'warning',
        message: `service ${service.name} has no endpoints: requests for it get 503`,
        at: cx.at(service, [], 'key'),
      }
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
