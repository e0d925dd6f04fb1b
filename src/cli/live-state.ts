import type { Listener, Route, Service } from '../model/gateway.ts'
import type { StartNames } from '../nginx/needs-reload.ts'
import type { StartListener } from '../nginx/start.ts'
import type { State } from '../plan/state.ts'
import { type ResourceType, resourceTypes } from '../xds/resource.ts'
import { askAdmin, isMap } from './admin-client.ts'
import type { AdminServer } from './admin-options.ts'
import { exit, Stop } from './exit.ts'

/** What a running server serves. Nodes are those of the same model that is compiled here; a server of another version is refused by their kind. */
export async function liveState(server: AdminServer): Promise<State> {
  const config = await askAdmin(server, '/api/v1/config')
  const strange = (): Stop => new Stop(exit.unavailable, `${server.address} serves a configuration that this version of sluice does not understand`)
  if (!isMap(config) || typeof config['name'] !== 'string' || !isMap(config['resources'])) throw strange()
  const nodes = <N extends { readonly kind: string }>(collection: string, kind: N['kind']): Map<string, N> => {
    const found = config[collection]
    if (!isMap(found) || !Object.values(found).every((node) => isMap(node) && node['kind'] === kind)) throw strange()
    return new Map(Object.entries(found)) as Map<string, N>
  }
  const versions = Object.entries(config['resources']).map(([key, version]) => [key, { version: String(version) }] as const)
  const common = {
    name: config['name'],
    listeners: nodes<Listener>('listeners', 'listener'),
    services: nodes<Service>('services', 'service'),
    routes: nodes<Route>('routes', 'route'),
  }
  if (config['target'] !== 'nginx') {
    return { ...common, target: 'envoy', resources: new Map(versions.map(([key, version]) => [key, { ...keyOf(key), ...version }])) }
  }
  const start = startOf(config['start'])
  if (!start) throw strange()
  return { ...common, target: 'nginx', start, lines: new Map(versions) }
}

/** What a server says that its nginx was started with. */
function startOf(value: unknown): StartNames | undefined {
  if (!isMap(value) || !Array.isArray(value['listeners']) || !Array.isArray(value['trusts'])) return undefined
  return { listeners: value['listeners'] as StartListener[], trusts: new Set(value['trusts'].map(String)) }
}

/** `routes/public` → type and name; a name may hold slashes. */
function keyOf(key: string): { type: ResourceType; name: string } {
  const slash = key.indexOf('/')
  const type = key.slice(0, slash)
  if (!Object.hasOwn(resourceTypes, type)) throw new Stop(exit.unavailable, `the server has a resource of an unknown type: ${key}`)
  return { type: type as ResourceType, name: key.slice(slash + 1) }
}
