import type { Diagnostic, Path } from '../diagnostics/diagnostic.ts'
import { didYouMean } from '../diagnostics/suggest.ts'
import type { Feature } from '../feature.ts'
import type { CheckCx } from './cx.ts'
import { furtherTargets } from './further-targets.ts'
import type { Gateway, Route, Target } from './gateway.ts'

interface RouteInput {
  readonly features: readonly Feature[]
  /** Only asked for names to propose: what else is read goes through `cx`. */
  readonly gateway: Gateway
  readonly cx: CheckCx
}

/** The references of one route. */
export function* checkRoute(route: Route, input: RouteInput): Iterable<Diagnostic> {
  yield* checkTargets(route, input)
  yield* checkRouteListeners(route, input)
}

function* checkTargets(route: Route, input: RouteInput): Iterable<Diagnostic> {
  const targets = route.action.type === 'forward' ? route.action.targets : []
  for (const [index, target] of targets.entries()) yield* checkTarget(route, target, targets.length > 1 ? ['to', index] : ['to'], input)
  for (const target of furtherTargets(input.features, route)) yield* checkTarget(route, target, target.path, input)
  if (targets.length > 0 && targets.every((target) => target.weight === 0)) {
    const at = input.cx.at(route, ['to'])
    yield { code: 'route/no-weight', severity: 'error', message: `all targets of route ${route.name} have weight 0`, at }
  }
}

function* checkTarget(route: Route, target: Chosen, path: Path, { gateway, cx }: RouteInput): Iterable<Diagnostic> {
  const service = cx.service(target.service)
  if (!service) {
    if (cx.isInvalid(`services/${target.service}`)) return
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

function* checkRouteListeners(route: Route, { gateway, cx }: RouteInput): Iterable<Diagnostic> {
  for (const name of route.listeners) {
    const listener = cx.listener(name)
    if (!listener) {
      if (cx.isInvalid(`listeners/${name}`)) continue
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
