import type { Gateway, Listener, Route, Service } from '../../src/model/gateway.ts'
import { Ranking } from '../../src/model/rank-listeners.ts'
import { type ForNginx, forNginx } from './nginx.ts'
import { anyListener } from './routes.ts'

/** A gateway of parts that were never written down; listeners bind 127.0.0.1. */
export function gatewayOf(listeners: readonly Listener[], routes: readonly Route[], services: readonly Service[] = []): Gateway {
  const byName = <N extends { name: string }>(nodes: readonly N[]): Map<string, N> => new Map(nodes.map((node) => [node.name, node]))
  return { name: 'test', listeners: byName(listeners), services: byName(services), routes: byName(routes), policies: {}, originOf: nowhere }
}

export function madeOf(gateway: Gateway): ForNginx {
  return forNginx(gateway, new Ranking().rank(gateway), () => new Uint8Array())
}

export function listenerOn(name: string, port: number, more: Partial<Listener> = {}): Listener {
  return { ...anyListener, name, port, ...more }
}

/** The same route with an answer of its own that tells its name in the header `x-route`. */
export function telling(route: Route, more: Partial<Route> = {}): Route {
  const named = { ...route, ...more }
  return {
    ...named,
    action: { type: 'feature', feature: 'respond' },
    policies: { respond: { status: 200, headers: { 'x-route': named.name } } },
  }
}

/** Response headers that a route sets, as the model of the feature `headers`. */
export function setting(response: Readonly<Record<string, string>>): Route['policies'] {
  const nothing = { set: {}, add: {}, remove: [] }
  return { headers: { request: nothing, response: { ...nothing, set: response } } }
}

/** A service with endpoints on 127.0.0.1. */
export function serviceOn(name: string, ports: readonly number[], policies: Service['policies'] = {}): Service {
  const endpoints = ports.map((port) => ({ address: '127.0.0.1', port, weight: 1, labels: {} }))
  return { kind: 'service', name, protocol: 'http1', discovery: { type: 'static', endpoints }, subsets: [], policies }
}

export function to(service: string): Pick<Route, 'action'> {
  return { action: { type: 'forward', targets: [{ service, weight: 1, labels: {} }] } }
}

/**
 * What nginx's own parser answers with 400 before the runtime sees it, though Envoy would take it: percent signs that begin no escape, and paths
 * that climb above the root (Envoy stays at the root). Both are stricter, never laxer.
 */
export function nginxIsStricter(target: string): boolean {
  const path = target.replace(/[?#].*/s, '')
  if (/%(?![0-9A-Fa-f]{2})/.test(path)) return true
  let depth = 0
  for (const segment of path.replaceAll(/%2e/gi, '.').split('/').slice(1)) {
    if (segment === '..') depth--
    else if (segment !== '.' && segment !== '') depth++
    if (depth < 0) return true
  }
  return false
}

const nowhere: Gateway['originOf'] = () => {
  throw new Error('this gateway was written nowhere')
}
