import type { State } from '../plan/state.ts'
import { type ResourceType, resourceTypes } from '../xds/resource.ts'
import { askAdmin, isMap } from './admin-client.ts'
import { exit, Stop } from './exit.ts'

/** What a running server serves. Nodes are those of the same model that is compiled here; a server of another version is refused by their kind. */
export async function liveState(address: string): Promise<State> {
  const config = await askAdmin(address, '/api/v1/config')
  const strange = (): Stop => new Stop(exit.unavailable, `${address} serves a configuration that this version of sluice does not understand`)
  if (!isMap(config) || typeof config['name'] !== 'string' || !isMap(config['resources'])) throw strange()
  const nodes = <N extends { readonly kind: string }>(collection: string, kind: N['kind']): Map<string, N> => {
    const found = config[collection]
    if (!isMap(found) || !Object.values(found).every((node) => isMap(node) && node['kind'] === kind)) throw strange()
    return new Map(Object.entries(found)) as Map<string, N>
  }
  return {
    name: config['name'],
    listeners: nodes('listeners', 'listener'),
    services: nodes('services', 'service'),
    routes: nodes('routes', 'route'),
    resources: new Map(Object.entries(config['resources']).map(([key, version]) => [key, { ...keyOf(key), version: String(version) }])),
  }
}

/** `routes/public` → type and name; a name may hold slashes. */
function keyOf(key: string): { type: ResourceType; name: string } {
  const slash = key.indexOf('/')
  const type = key.slice(0, slash)
  if (!Object.hasOwn(resourceTypes, type)) throw new Stop(exit.unavailable, `the server has a resource of an unknown type: ${key}`)
  return { type: type as ResourceType, name: key.slice(slash + 1) }
}
