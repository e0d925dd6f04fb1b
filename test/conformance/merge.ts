import { canonical } from '../../src/model/canonical.ts'
import type { Endpoint, Gateway, Listener, Route, Service } from '../../src/model/gateway.ts'
import type { Case } from './cases.ts'

/** Where an endpoint that a case names really listens, on 127.0.0.1. */
export type PlaceOf = (one: Case, service: string, written: string) => number

/** One gateway made of many cases, and where each listener of each case is. */
export interface Merged {
  readonly gateway: Gateway
  /** Port of a listener, by case and the name that the case gave it. */
  portOf(one: Case, listener: string): number
  /** Names and ports of the merged gateway in a text as the case wrote them. */
  plain(one: Case, text: string): string
}

/** Settings that most cases have: they share one listener, and are told apart by their hosts. */
const common = { kind: 'listener', name: '', address: '', port: 0, trustedHops: 0, errorFormat: 'problem-json', policies: {} } as const

/** The host of a case whose routes name none. */
export function hostOf(one: Case): string {
  return `${one.slug}.test`
}

/** Joins the gateways of cases; names of services, routes and listeners begin with the case's, endpoints lead to 127.0.0.1. */
export async function merge(cases: readonly Case[], placeOf: PlaceOf, freePort: () => Promise<number>): Promise<Merged> {
  const listeners = new Map<string, Listener>()
  const services = new Map<string, Service>()
  const routes = new Map<string, Route>()
  const names = new Map<string, string>()
  for (const one of cases) {
    const { gateway } = one
    if (Object.keys(gateway.policies).length > 0)
      throw new Error(`${one.id} has keys that count for a whole gateway, which holds more than this case`)
    for (const listener of gateway.listeners.values()) {
      const name = shares(one, listener) ? 'shared' : own(one, listener.name)
      names.set(`${one.id} ${listener.name}`, name)
      const target = listener.redirectTo === undefined ? {} : { redirectTo: own(one, listener.redirectTo) }
      if (!listeners.has(name)) listeners.set(name, { ...listener, name, address: '127.0.0.1', port: await freePort(), ...target })
    }
    for (const service of gateway.services.values()) services.set(own(one, service.name), placed(one, service, placeOf))
    const named = [...gateway.listeners.values()].filter(({ redirectTo }) => redirectTo === undefined).map(({ name }) => name)
    for (const route of gateway.routes.values()) {
      const here = (route.listeners.length === 0 ? named : route.listeners).map((name) => names.get(`${one.id} ${name}`) ?? name)
      const hosts = here.includes('shared') ? [hostOf(one)] : route.hosts
      routes.set(own(one, route.name), { ...renamed(one, route), listeners: here, hosts })
    }
  }
  return {
    gateway: { name: 'conformance', listeners, services, routes, policies: {}, originOf: () => [] },
    portOf: (one, listener) => {
      const port = listeners.get(names.get(`${one.id} ${listener}`) ?? '')?.port
      if (port === undefined) throw new Error(`${one.id} has no listener ${listener}`)
      return port
    },
    plain: (one, text) => {
      const ports = [...one.gateway.listeners.values()].map((written) => [
        listeners.get(names.get(`${one.id} ${written.name}`) ?? '')?.port,
        written.port,
      ])
      return ports.reduce((plain, [real, written]) => plain.replaceAll(`:${real}`, `:${written}`), text.replaceAll(prefix(one), ''))
    },
  }
}

function prefix(one: Case): string {
  return `${one.slug}--`
}

function own(one: Case, name: string): string {
  return `${prefix(one)}${name}`
}

/** A case may use the shared listener when that has the same settings, and when the case's own host is the only one that it knows. */
function shares(one: Case, listener: Listener): boolean {
  const { listeners, routes } = one.gateway
  const anyHost = [...routes.values()].every(({ hosts }) => hosts.length === 0)
  const ownHost = one.steps.every((step) => !('request' in step) || step.host === undefined)
  const plain = canonical({ ...listener, name: '', address: '', port: 0 }) === canonical(common)
  return plain && listeners.size === 1 && anyHost && ownHost
}

function placed(one: Case, service: Service, placeOf: PlaceOf): Service {
  const at = (endpoint: Endpoint): Endpoint => ({
    ...endpoint,
    address: service.discovery.type === 'dns' ? 'localhost' : '127.0.0.1',
    port: placeOf(one, service.name, writtenAs(endpoint)),
  })
  const { discovery } = service
  return { ...renamed(one, service), discovery: { ...discovery, endpoints: discovery.endpoints.map(at) } }
}

/** An endpoint's address in the words of gateway.yaml. */
export function writtenAs({ address, port }: Endpoint): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`
}

/** The node under its new name; services that it or its features name are renamed as well. */
function renamed<N extends Route | Service>(one: Case, node: N): N {
  return { ...(withServices(one, node) as N), name: own(one, node.name) }
}

/** Keys whose text names a service; one that this list forgets leads nowhere, and fails the compile of the merged gateway. */
const references = new Set(['service', 'services', 'to', 'fallback', 'mirror'])

function withServices(one: Case, value: unknown, key?: string): unknown {
  return mapReferences(one, value, (service) => own(one, service), key)
}

/** Services that a route or one of its features names. */
export function servicesOf(one: Case, route: Route): ReadonlySet<string> {
  const found = new Set<string>()
  mapReferences(one, route, (service) => (found.add(service), service))
  return new Set([...found, ...[...found].flatMap((name) => referencesOf(one, name))])
}

function referencesOf(one: Case, service: string): string[] {
  const found: string[] = []
  mapReferences(one, one.gateway.services.get(service)?.policies, (name) => (found.push(name), name))
  return found
}

function mapReferences(one: Case, value: unknown, map: (service: string) => string, key?: string): unknown {
  if (typeof value === 'string') return key !== undefined && references.has(key) && one.gateway.services.has(value) ? map(value) : value
  if (Array.isArray(value)) return value.map((inner) => mapReferences(one, inner, map, key))
  if (value === null || typeof value !== 'object' || value instanceof Map || value instanceof Set) return value
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, mapReferences(one, inner, map, name)]))
}
