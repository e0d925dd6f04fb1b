import type { Good } from '../compile.ts'
import { changeBetween } from '../envoy/emit.ts'
import { type Resource, type ResourceType, resourceTypes } from '../xds/resource.ts'
import type { State } from './state.ts'
import { addressOf } from './view.ts'

/** What a change costs every proxy. */
export interface Cost {
  /** What is sent, by type, in the order of the types; bytes are those of the resources, without framing. */
  readonly pushes: readonly Push[]
  /** Listeners whose client connections end. */
  readonly drains: readonly Drain[]
}

export interface Push {
  readonly type: ResourceType
  readonly put: number
  readonly remove: number
  readonly bytes: number
}

export interface Drain {
  readonly listener: string
  readonly address: string
  readonly reason: 'changed' | 'removed'
}

/**
 * Reads the cost off the resources. Envoy drains the connections of a listener whose resource is replaced or removed; everything else
 * (routes, services, endpoints, certificates) is taken up while connections stay open.
 */
export function costOf(before: State | undefined, after: Good | undefined): Cost {
  const { put, remove } = changeBetween(before?.resources ?? new Map<string, Resource>(), after?.resources ?? new Map<string, Resource>())
  const types = Object.keys(resourceTypes) as ResourceType[]
  const pushes = types.map((type): Push => {
    const sent = put.filter((resource) => resource.type === type)
    const bytes = sent.reduce((sum, { value }) => sum + value.length, 0)
    return { type, put: sent.length, remove: remove.filter((key) => key.type === type).length, bytes }
  })
  const drain = (name: string, reason: Drain['reason']): Drain[] => {
    const listener = before?.listeners.get(name)
    return listener ? [{ listener: name, address: addressOf(listener).replace(/^(0\.0\.0\.0|\[::\])/, ''), reason }] : []
  }
  const drains = [
    ...put.filter(({ type }) => type === 'listener').flatMap(({ name }) => drain(name, 'changed')),
    ...remove.filter(({ type }) => type === 'listener').flatMap(({ name }) => drain(name, 'removed')),
  ]
  return { pushes: pushes.filter(({ put: sent, remove: gone }) => sent + gone > 0), drains }
}
