import type { Good } from '../compile.ts'
import type { Listener, Route, Service } from '../model/gateway.ts'
import type { ResourceKey } from '../xds/resource.ts'

/** A gateway as far as plans need to know it: compiled here, or told by a running server, which tells no bytes and no secrets. */
export interface State {
  readonly name: string
  readonly listeners: ReadonlyMap<string, Listener>
  readonly services: ReadonlyMap<string, Service>
  readonly routes: ReadonlyMap<string, Route>
  /** By `type/name`. */
  readonly resources: ReadonlyMap<string, ResourceKey & { readonly version: string }>
}

export function stateOf({ gateway, resources }: Good): State {
  const { name, listeners, services, routes } = gateway
  return { name, listeners, services, routes, resources }
}

/** One side of a plan. */
export interface Side {
  /** Undefined when there is nothing yet. */
  readonly state: State | undefined
  /** Absolute path of the directory of the root file, which paths are shown from. */
  readonly base: string
}
