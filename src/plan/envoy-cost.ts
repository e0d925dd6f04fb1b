import { changeBetween } from '../envoy/emit.ts'
import type { ForEnvoy } from '../envoy/emit.ts'
import { type Resource, type ResourceType, resourceTypes } from '../xds/resource.ts'
import { type Cost, drainOf, type Push } from './cost.ts'
import type { EnvoyState } from './state.ts'

/**
 * Reads the cost off the resources. Envoy drains the connections of a listener whose resource is replaced or removed; everything else
 * (routes, services, endpoints, certificates) is taken up while connections stay open.
 */
export function envoyCost(before: EnvoyState | undefined, after: ForEnvoy): Cost {
  const { put, remove } = changeBetween(before?.resources ?? new Map<string, Resource>(), after.resources)
  const types = Object.keys(resourceTypes) as ResourceType[]
  const pushes = types.map((type): Push => {
    const sent = put.filter((resource) => resource.type === type)
    const bytes = sent.reduce((sum, { value }) => sum + value.length, 0)
    return { type, put: sent.length, remove: remove.filter((key) => key.type === type).length, bytes }
  })
  const drains = [
    ...put.filter(({ type }) => type === 'listener').flatMap(({ name }) => drainOf(before, name, 'changed')),
    ...remove.filter(({ type }) => type === 'listener').flatMap(({ name }) => drainOf(before, name, 'removed')),
  ]
  return { pushes: pushes.filter(({ put: sent, remove: gone }) => sent + gone > 0), drains }
}
