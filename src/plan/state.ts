import type { Good } from '../compile.ts'
import type { Listener, Route, Service } from '../model/gateway.ts'
import type { StartNames } from '../nginx/needs-reload.ts'
import type { Target } from '../target.ts'
import type { ResourceKey } from '../xds/resource.ts'

/** A gateway as far as plans need to know it: compiled here, or told by a running server, which tells no bytes and no secrets. */
export type State = EnvoyState | NginxState

interface Nodes {
  readonly name: string
  readonly listeners: ReadonlyMap<string, Listener>
  readonly services: ReadonlyMap<string, Service>
  readonly routes: ReadonlyMap<string, Route>
}

export interface EnvoyState extends Nodes {
  readonly target: 'envoy'
  /** By `type/name`. */
  readonly resources: ReadonlyMap<string, ResourceKey & { readonly version: string }>
}

export interface NginxState extends Nodes {
  readonly target: 'nginx'
  readonly start: StartNames
  /** By key. */
  readonly lines: ReadonlyMap<string, { readonly version: string }>
}

export function stateOf(good: Good<Target>): State {
  const { name, listeners, services, routes } = good.gateway
  const nodes: Nodes = { name, listeners, services, routes }
  if (good.target === 'nginx') return { ...nodes, target: 'nginx', start: good.start, lines: good.state.lines }
  return { ...nodes, target: 'envoy', resources: good.resources }
}

/** One side of a plan. */
export interface Side {
  /** Undefined when there is nothing yet. */
  readonly state: State | undefined
  /** Absolute path of the directory of the root file, which paths are shown from. */
  readonly base: string
}
