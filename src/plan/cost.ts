import type { ResourceType } from '../xds/resource.ts'
import type { State } from './state.ts'
import { addressOf } from './view.ts'

/** What a change costs every proxy. */
export interface Cost {
  /** What is sent, by type, in the order of the types; bytes are those of the resources, without framing. */
  readonly pushes: readonly Push[]
  /** Listeners whose client connections end. */
  readonly drains: readonly Drain[]
  /** For nginx: why it has to be reloaded, one sentence each; empty when it need not be. */
  readonly reload?: readonly string[]
}

/** Kinds of lines of the nginx state document, in the order in which a plan names them. */
export const lineKinds = ['service', 'listener', 'host', 'route', 'replies', 'phases'] as const

export interface Push {
  /** Of Envoy a resource type, of nginx the kind of a line of the state document. */
  readonly type: ResourceType | (typeof lineKinds)[number]
  readonly put: number
  readonly remove: number
  readonly bytes: number
}

export interface Drain {
  readonly listener: string
  readonly address: string
  /** `reload`: it stays as it is, but nginx is reloaded. */
  readonly reason: 'changed' | 'removed' | 'reload'
}

/** The end of the connections of a listener that clients are connected to. */
export function drainOf(before: State | undefined, listener: string, reason: Drain['reason']): Drain[] {
  const node = before?.listeners.get(listener)
  return node ? [{ listener, address: addressOf(node).replace(/^(0\.0\.0\.0|\[::\])/, ''), reason }] : []
}
