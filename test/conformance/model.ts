import { match } from '../../src/model/match.ts'
import type { Case, Engine } from './cases.ts'
import { type Finding, findingAt } from './finding.ts'
import { numbered, type RequestStep, valuesOf } from './format.ts'
import { hostOf, servicesOf } from './merge.ts'
import { listenerOf, type Played } from './play.ts'

/** Name of the route that the pure `match` gives a request; null for none, undefined when the request is refused. */
function routeOf(one: Case, written: RequestStep): string | null | undefined {
  const step = numbered(written, 1)
  const table = one.tables.get(listenerOf(one, step))
  if (!table) return null
  const [method = '', path = ''] = step.request.split(/ (.*)/s)
  const headers = Object.entries(step.headers ?? {}).flatMap(([name, value]) => valuesOf(value).map((text) => [name.toLowerCase(), text] as const))
  const matched = match(table, { host: step.host ?? hostOf(one), method, path, headers })
  if (matched.type === 'refused') return undefined
  return matched.type === 'none' ? null : matched.entry.route.name
}

/** What `match` says otherwise than the case expects. */
export function judgeModel(one: Case, step: RequestStep, number: number): Finding[] {
  const { route } = step.expect
  if (route === undefined) return []
  const got = routeOf(one, step)
  return got === route ? [] : [findingAt(one, { step, number }, 'route', `expected ${route ?? 'none'}, but match says ${got ?? 'none'}`)]
}

/** What an engine did otherwise than `match` says: another service, an answer where there is no route, or the reverse. */
export function judgeRoute(one: Case, engine: Engine, played: Played): Finding[] {
  const { step } = played
  if (!one.tables.has(listenerOf(one, step))) return []
  const name = routeOf(one, step)
  const route = name === null || name === undefined ? undefined : one.gateway.routes.get(name)
  const services = route ? servicesOf(one, route) : new Set<string>()
  for (const { status, upstream } of played.answers) {
    if (upstream && !services.has(upstream.service)) {
      return [findingAt(one, played, 'route', `match says ${name ?? 'no route'}, but ${upstream.service} answered`, engine)]
    }
    const own = name === null ? 404 : 400
    if (!route && !upstream && status !== own) {
      return [findingAt(one, played, 'route', `match says ${name === null ? 'no route' : 'refused'}, but the status is ${status}`, engine)]
    }
  }
  return []
}
