import { isDeepStrictEqual } from 'node:util'
import { fromBinary } from '@bufbuild/protobuf'
import { RouteConfigurationSchema } from '#gen/envoy/config/route/v3/route_pb.js'
import type { Good } from '../compile.ts'
import type { Gateway, Listener, Node, Route } from '../model/gateway.ts'
import type { Target } from '../target.ts'
import type { Rejection } from '../live/fleet.ts'
import { brokenRule } from './pgv-words.ts'

/** What of a refusal is needed to find the guilty. */
export type Refused = Pick<Rejection, 'type' | 'name' | 'owner' | 'message'>

/**
 * All routes of a listener are one resource to the proxy. What it says about that resource is narrowed down, best first:
 * the position that a broken rule names, names and texts that the complaint quotes, and what has changed since the proxy was content.
 */
export function blameRoutes(refused: Refused, listener: Listener, good: Good<Target>, previous: Good<Target> | undefined): readonly Node[] {
  const routes = [...good.gateway.routes.values()].filter((route) => serves(route, listener))
  const positioned = atPosition(refused, good)
  if (positioned) return [positioned]
  const changed = previous && changedNodes(routes, good.gateway, previous.gateway)
  const quoted = quotedIn(refused.message, routes)
  const both = quoted.filter((route) => changed?.includes(route))
  if (both.length > 0) return both
  return quoted.length > 0 ? quoted : (changed ?? [])
}

function serves(route: Route, listener: Listener): boolean {
  return route.listeners.length === 0 ? listener.redirectTo === undefined : route.listeners.includes(listener.name)
}

/** `RouteConfigurationValidationError.VirtualHosts[0] … VirtualHostValidationError.Routes[3]` */
function atPosition({ message, name }: Refused, good: Good<Target>): Route | undefined {
  if (good.target !== 'envoy') return undefined
  const steps = brokenRule(message)?.steps ?? []
  const host = steps.find(({ field }) => field === 'VirtualHosts')?.index
  const index = steps.find(({ field }) => field === 'Routes')?.index
  const resource = good.resources.get(`routes/${name}`)
  if (host === undefined || index === undefined || !resource) return undefined
  const route = fromBinary(RouteConfigurationSchema, resource.value).virtualHosts[Number(host)]?.routes[Number(index)]
  return route && good.gateway.routes.get(route.name.split('/', 1)[0] ?? '')
}

/** A quoted text of at least this many characters may be a part of what the user wrote. */
const minPart = 4

/** Routes that hold a text of the complaint: their name, a host, a service, a regex. A text that too many hold says nothing. */
function quotedIn(message: string, routes: readonly Route[]): Route[] {
  const texts = quotedTexts(message)
  const byName = routes.filter(({ name, match }) => texts.has(name) || match.some((_, index) => texts.has(`${name}/${index}`)))
  if (byName.length > 0) return byName
  const whole = routes.filter((route) => holds(route, (text) => texts.has(text)))
  const long = [...texts].filter((text) => text.length >= minPart)
  const byText = whole.length > 0 ? whole : routes.filter((route) => holds(route, (text) => long.some((part) => text.includes(part))))
  return byText.length < routes.length || routes.length === 1 ? byText : []
}

/** What stands in quotes, after `domain`, and after the last colon: `missing ): a(`, `Duplicate entry of domain a.com in route public`. */
function quotedTexts(message: string): Set<string> {
  const texts = new Set([...message.matchAll(/'([^']+)'|"([^"]+)"/g)].map((found) => found[1] ?? found[2] ?? ''))
  const domain = /\bdomain (\S+) in route\b/.exec(message)?.[1]
  if (domain !== undefined) texts.add(domain)
  const tail = message.trimEnd().split(': ').at(-1)
  if (tail !== undefined && tail.length > 0) texts.add(tail)
  return texts
}

function holds(value: unknown, test: (text: string) => boolean): boolean {
  if (typeof value === 'string') return test(value)
  return typeof value === 'object' && value !== null && Object.values(value).some((inner) => holds(inner, test))
}

/** Routes that are new or different, else services of theirs that are. */
function changedNodes(routes: readonly Route[], now: Gateway, before: Gateway): Node[] {
  const changed = routes.filter((route) => differs(route, before.routes.get(route.name)))
  if (changed.length > 0) return changed
  const used = new Set(routes.flatMap(({ action }) => (action.type === 'forward' ? action.targets.map(({ service }) => service) : [])))
  return [...used].sort().flatMap((name) => {
    const service = now.services.get(name)
    return service && differs(service, before.services.get(name)) ? [service] : []
  })
}

/** Unchanged nodes are mostly the same objects; one that was changed and changed back is not. */
function differs(now: Node, before: Node | undefined): boolean {
  return now !== before && (before === undefined || !isDeepStrictEqual(now, before))
}
