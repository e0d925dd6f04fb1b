import { create } from '@bufbuild/protobuf'
import { RouteConfigurationSchema } from '#gen/envoy/config/route/v3/route_pb.js'
import {
  RedirectAction_RedirectResponseCode,
  type Route as EnvoyRoute,
  RouteSchema,
  type VirtualHost,
  VirtualHostSchema,
} from '#gen/envoy/config/route/v3/route_components_pb.js'
import { compare } from '../lib/compare.ts'
import { contentHash } from '../lib/content-hash.ts'
import type { Listener, Route } from '../model/gateway.ts'
import { anyHost, coveringHosts } from '../model/host.ts'
import type { Entry, RouteTable, VirtualHostTable } from '../model/rank.ts'
import type { Resource } from '../xds/resource.ts'
import { deterministicBytes } from './deterministic.ts'
import { guardRoutes } from './guards.ts'
import { hoistRetryPolicy } from './retry-policies.ts'
import { optOut, type SlotName } from './slots.ts'
import { emitVirtualHost, type RouteOf } from './virtual-hosts.ts'

/** Bodies of direct responses may be this large, in bytes; `respond` refuses larger ones. */
const maxDirectResponseBody = 65_536

/** What was made of one virtual host, for as long as its table is the same object. */
interface Host {
  readonly routes: readonly (readonly EnvoyRoute[])[]
  readonly bytes: Uint8Array
  /** What its routes lead to. */
  readonly services: readonly string[]
}

/** Route configurations of listeners, and the bytes of their virtual hosts: a change in one host costs that host, and putting the bytes together. */
export class RouteConfigurations {
  readonly #hosts = new WeakMap<VirtualHostTable, Host>()
  readonly #made = new Map<string, { readonly listener: Listener; readonly table: RouteTable; readonly resource: Resource }>()

  /** All routes of a listener as one xDS resource. */
  make(listener: Listener, table: RouteTable, inputs: RouteInputs): Resource {
    const before = this.#made.get(listener.name)
    const touched = before?.listener === listener ? touchedHosts(table, inputs.remade) : () => true
    if (before?.listener === listener && before.table === table && !table.virtualHosts.some(({ host }) => touched(host))) return before.resource
    const hosts = table.virtualHosts.map((host) => this.#host(host, touched(host.host), inputs))
    const services = new Set(hosts.flatMap((host) => host.services))
    const made = resource(
      listener,
      hosts.map(({ bytes }) => bytes),
      services,
      inputs.idle,
    )
    this.#made.set(listener.name, { listener, table, resource: made })
    return made
  }

  #host(table: VirtualHostTable, touched: boolean, { routeOf, further }: RouteInputs): Host {
    const before = this.#hosts.get(table)
    if (before && !touched) return before
    const routes = table.entries.map(routeOf)
    if (before?.routes.every((route, index) => route === routes[index])) return before
    const services = new Set<string>()
    for (const { route } of table.entries) {
      if (route.action.type === 'forward') for (const target of route.action.targets) services.add(target.service)
      for (const service of further(route)) services.add(service)
    }
    const made = { routes, bytes: deterministicBytes(VirtualHostSchema, virtualHost(table, routes)), services: [...services] }
    this.#hosts.set(table, made)
    return made
  }
}

/** Whether a host may list one of some routes. */
function touchedHosts({ byHost }: RouteTable, routes: readonly Route[]): (host: string) => boolean {
  const patterns = new Set(routes.flatMap(({ hosts }) => (hosts.length === 0 ? [anyHost] : hosts)))
  if (patterns.has(anyHost)) return () => true
  if (![...patterns].some((pattern) => pattern.startsWith('*'))) return (host) => patterns.has(host)
  return (host) => coveringHosts(host, byHost).some((pattern) => patterns.has(pattern))
}

function virtualHost(table: VirtualHostTable, own: readonly (readonly EnvoyRoute[])[]): VirtualHost {
  const { common, routes } = hoistRetryPolicy(own.flat())
  const byEntry = new Map<Entry, readonly EnvoyRoute[]>()
  let at = 0
  for (const [index, entry] of table.entries.entries()) byEntry.set(entry, routes.slice(at, (at += own[index]?.length ?? 0)))
  const emitted = emitVirtualHost(table, (entry) => byEntry.get(entry) ?? [])
  return common ? { ...emitted, retryPolicy: common } : emitted
}

export interface RouteInputs {
  /** Routes of which something else was made since the last call, even where their table is the same. */
  readonly remade: readonly Route[]
  readonly routeOf: RouteOf
  /** Services of a route besides its targets. */
  readonly further: (route: Route) => Iterable<string>
  /** Filters that have nothing to do on any route. */
  readonly idle: readonly SlotName[]
}

/** The routes of a listener that sends every request to another one. */
export function redirectConfiguration(listener: Listener, target: Listener, scheme: 'http' | 'https', idle: readonly SlotName[]): Resource {
  const route = create(RouteSchema, {
    name: 'redirect',
    match: { pathSpecifier: { case: 'prefix', value: '/' } },
    action: {
      case: 'redirect',
      value: {
        schemeRewriteSpecifier: { case: 'schemeRedirect', value: scheme },
        portRedirect: target.port,
        responseCode: RedirectAction_RedirectResponseCode.PERMANENT_REDIRECT,
      },
    },
  })
  const host = create(VirtualHostSchema, { name: '*', domains: ['*'], routes: [...guardRoutes({ host: '*', entries: [] }), route] })
  return resource(listener, [deterministicBytes(VirtualHostSchema, host)], new Set(), idle)
}

function resource(listener: Listener, hosts: readonly Uint8Array[], services: ReadonlySet<string>, idle: readonly SlotName[]): Resource {
  const head = create(RouteConfigurationSchema, {
    name: listener.name,
    ignorePortInHostMatching: true,
    maxDirectResponseBodySizeBytes: maxDirectResponseBody,
    typedPerFilterConfig: Object.fromEntries(idle.toSorted(compare).map((name) => [name, optOut(name)])),
    validateClusters: false, // the closure check has looked at every reference; Envoy would only see the moment's clusters
  })
  const value = Buffer.concat([
    deterministicBytes(RouteConfigurationSchema, head),
    ...hosts.flatMap((host) => [virtualHostsTag, varint(host.length), host]),
  ])
  return {
    type: 'routes',
    name: listener.name,
    version: contentHash(value),
    value,
    refs: [...services].map((name) => ({ type: 'cluster', name })),
    owner: `listener/${listener.name}`,
  }
}

/** Field 2 (`virtual_hosts`), length-delimited: a repeated field may be appended to a serialized message. https://protobuf.dev/programming-guides/encoding */
const virtualHostsTag = Uint8Array.of((2 << 3) | 2)

function varint(value: number): Uint8Array {
  const bytes: number[] = []
  for (let rest = value; ; rest >>>= 7) {
    if (rest < 0x80) return Uint8Array.from([...bytes, rest])
    bytes.push((rest & 0x7f) | 0x80)
  }
}
