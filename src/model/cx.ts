import type { Path, Place } from '../diagnostics/diagnostic.ts'
import type { Gateway, Listener, Node, Route, Service } from './gateway.ts'
import type { Locate } from './origin.ts'

/** The way to read another entity and to point at what the user wrote. Reads are recorded, so that a memoised result knows what it depends on. */
export interface Cx {
  service(name: string): Service | undefined
  listener(name: string): Listener | undefined
  route(name: string): Route | undefined
  readonly at: (node: Node, path?: Path, side?: 'key' | 'value') => Place
}

/** Reads over a whole gateway, for checks; the emitter's own Cx records what is read. */
export function createCx(gateway: Gateway, locate: Locate): Cx {
  return {
    service: (name) => gateway.services.get(name),
    listener: (name) => gateway.listeners.get(name),
    route: (name) => gateway.routes.get(name),
    at: (node, path, side) => locate(gateway.originOf(node), path, side),
  }
}
