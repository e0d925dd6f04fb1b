import { isIP } from 'node:net'
import type { Feature } from '../feature.ts'
import { compare } from '../lib/compare.ts'
import { contentHash } from '../lib/content-hash.ts'
import { furtherTargets } from '../model/further-targets.ts'
import type { Endpoint, Gateway, Listener, Node, Route, Service, Target } from '../model/gateway.ts'
import { parameterGuard } from '../model/guard.ts'
import type { ReadMaterial } from '../model/material.ts'
import type { RouteTable, VirtualHostTable } from '../model/rank.ts'
import { listenerId } from './listener-id.ts'
import { shapeOf } from './locations.ts'
import { NodeMemo } from './node-memo.ts'
import type { Json, RetryStatuses, StateCx } from './parts.ts'
import { anchored, matchData } from './path-data.ts'
import { phaseOrder } from './phases.ts'
import { replyBodies } from './replies.ts'
import { startNeed, upstreamName } from './trust.ts'

/** One resource of the state document. `key` is `kind/name`, made of names of the gateway. */
export interface Line {
  readonly key: string
  /** Hash of the data: equal data has an equal version everywhere. */
  readonly version: string
  /** JSON text of the data, in one line. */
  readonly json: string
}

/** Everything that nginx workers know beyond nginx.conf. It may hold private keys: write it with mode 0600. */
export interface State {
  /** Hash of all lines. */
  readonly version: string
  /** Ordered by key. */
  readonly lines: ReadonlyMap<string, Line>
}

/** What the state is made of. */
export interface StateInput {
  readonly gateway: Gateway
  readonly tables: ReadonlyMap<string, RouteTable>
  readonly features: readonly Feature[]
  readonly read: ReadMaterial
  /** Addresses of a host name; nginx workers never resolve names. Absent or empty: the endpoint is left out. */
  readonly resolve?: (host: string) => readonly string[]
}

/** The version of the format; a runtime refuses a document of another one. */
const stateFormat = 1

/** Lines of nodes that are the same objects as before. One memo belongs to one list of features, and to one `resolve` that never changes its mind. */
export type LineMemo = NodeMemo<Line>

/** Gateway → state. Deterministic: equal gateways give equal bytes. */
export function makeState(input: StateInput, memo: LineMemo = new NodeMemo()): State {
  const { gateway, tables, features } = input
  const cx = cxOf(input)
  const lines = [line('phases', phaseOrder())]
  for (const format of new Set([...gateway.listeners.values()].map((listener) => listener.errorFormat))) {
    lines.push(line(`replies/${format}`, replyBodies(format)))
  }
  for (const listener of gateway.listeners.values()) {
    lines.push(line(`listener/${listener.name}`, listenerData(listener, input)))
    for (const host of tables.get(listener.name)?.virtualHosts ?? []) {
      lines.push(memo.get(host, cx, () => line(`host/${listener.name}/${host.host}`, hostData(listener, host))))
    }
  }
  for (const service of gateway.services.values()) lines.push(memo.get(service, cx, (seen) => serviceLineOf(service, features, seen, input.resolve)))
  for (const route of gateway.routes.values()) {
    lines.push(memo.get(route, cx, (seen) => line(`route/${route.name}`, routeData(route, features, seen))))
  }
  return stateOf(lines)
}

/** A state of lines in any order. */
export function stateOf(lines: Iterable<Line>): State {
  const sorted = [...lines].sort((a, b) => compare(a.key, b.key))
  return {
    version: contentHash(sorted.map(({ key, version }) => `${key} ${version}\n`).join('')),
    lines: new Map(sorted.map((one) => [one.key, one])),
  }
}

/** The line of one service alone: what a live change of its endpoints costs. */
export function serviceLine(service: Service, input: Pick<StateInput, 'gateway' | 'features' | 'read' | 'resolve'>): Line {
  return serviceLineOf(service, input.features, cxOf(input), input.resolve)
}

function serviceLineOf(service: Service, features: readonly Feature[], cx: StateCx, resolve: StateInput['resolve']): Line {
  const { trust } = startNeed(features, service, cx.read)
  return line(`service/${service.name}`, {
    protocol: service.protocol,
    upstream: upstreamName(service.protocol, trust),
    endpoints: service.discovery.endpoints.flatMap((endpoint) => endpointData(service, endpoint, resolve)),
    features: featureData(service, features, cx),
  })
}

/** The document that `PUT` takes and that a cold start reads: a head, then one line per resource. The head tells a cut document from a whole one. */
export function documentText(state: State): string {
  const head = JSON.stringify({ format: stateFormat, version: state.version, lines: state.lines.size })
  return `${[head, ...[...state.lines.values()].map(lineText)].join('\n')}\n`
}

/** One line as it stands in a document or a delta. */
export function lineText({ key, version, json }: Line): string {
  return `{"k":${JSON.stringify(key)},"v":"${version}","d":${json}}`
}

function line(key: string, data: Json): Line {
  const json = JSON.stringify(data)
  return { key, version: contentHash(json), json }
}

function listenerData(listener: Listener, input: StateInput): Json {
  const target = listener.redirectTo === undefined ? undefined : input.gateway.listeners.get(listener.redirectTo)
  const scheme = target && startNeed(input.features, target, input.read).tls ? 'https' : 'http'
  return {
    id: listenerId(listener.name),
    errorFormat: listener.errorFormat,
    trustedHops: listener.trustedHops,
    ...(target ? { redirect: { scheme, port: target.port } } : {}),
    features: featureData(listener, input.features, cxOf(input)),
  }
}

function hostData(listener: Listener, host: VirtualHostTable): Json {
  const guard = parameterGuard(host)
  return {
    listener: listener.name,
    host: host.host,
    ...(guard ? { guard: anchored(guard.regex) } : {}),
    entries: host.entries.map((entry) => [entry.route.name, entry.alternative]),
  }
}

function routeData(route: Route, features: readonly Feature[], cx: StateCx): Json {
  const shape = shapeName(route, features)
  return {
    match: route.match.map(matchData),
    action:
      route.action.type === 'forward'
        ? { type: 'forward', targets: targetData(route.action.targets) }
        : { type: 'feature', feature: route.action.feature },
    ...furtherData(route, features),
    ...(shape === undefined ? {} : { shape }),
    features: featureData(route, features, cx),
  }
}

/** The share of a target that is alone means nothing. */
function targetData(targets: readonly Target[]): Json {
  return targets.map((target) => ({ ...target, ...(targets.length === 1 ? { weight: 1 } : {}), labels: sorted(target.labels), ...labelData(target) }))
}

function labelData({ byAttribute }: Target): { readonly byAttribute?: Json } {
  if (!byAttribute) return {}
  return { byAttribute: sorted(Object.fromEntries(Object.entries(byAttribute).map(([name, attribute]) => [name, { ...attribute }]))) }
}

/** Services besides the targets of the route, by feature; the runtime keeps a route only while all of them are there. */
function furtherData(route: Route, features: readonly Feature[]): { readonly [key: string]: Json } {
  const further: Record<string, Json[]> = {}
  for (const { feature, service, labels } of furtherTargets(features, route)) (further[feature] ??= []).push({ service, labels: sorted(labels) })
  return Object.keys(further).length === 0 ? {} : { further: sorted(further) }
}

/** Name of the fixed location that retries as the route wants. */
function shapeName(route: Route, features: readonly Feature[]): string | undefined {
  let retryOn: RetryStatuses | undefined
  let unsafe = false
  let compress = false
  for (const feature of features) {
    const value = route.policies[feature.name]
    const shape = value === undefined ? undefined : feature.nginx?.shape?.(value, route)
    retryOn = shape?.retryOn ?? retryOn
    unsafe ||= shape?.retryUnsafe ?? false
    compress ||= shape?.compress ?? false
  }
  return unsafe || compress ? shapeOf(retryOn ?? 'none', unsafe, compress) : retryOn
}

function endpointData(service: Service, endpoint: Endpoint, resolve: StateInput['resolve']): Json[] {
  const { address, port, weight, zone, labels } = endpoint
  const addresses = service.discovery.type === 'static' || isIP(address) !== 0 ? [address] : [...(resolve?.(address) ?? [])].sort(compare)
  const more = { ...(zone === undefined ? {} : { zone }), ...(Object.keys(labels).length === 0 ? {} : { labels: sorted(labels) }) }
  return addresses.map((ip) => ({ address: ip, port, weight, ...more }))
}

function cxOf({ gateway, read }: Pick<StateInput, 'gateway' | 'read'>): StateCx {
  return {
    service: (name) => gateway.services.get(name),
    listener: (name) => gateway.listeners.get(name),
    route: (name) => gateway.routes.get(name),
    read,
  }
}

function featureData(node: Node, features: readonly Feature[], cx: StateCx): Json {
  const made: Record<string, Json> = {}
  for (const feature of features) {
    const value = node.policies[feature.name]
    const data = value === undefined ? undefined : feature.nginx?.state?.(value, node, cx)
    if (data !== undefined) made[feature.name] = data
  }
  return sorted(made)
}

function sorted<V>(fields: Readonly<Record<string, V>>): Record<string, V> {
  return Object.fromEntries(Object.entries(fields).sort(([a], [b]) => compare(a, b)))
}
