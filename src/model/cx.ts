import type { Path, Place } from '../diagnostics/diagnostic.ts'
import type { Moment } from './moment.ts'
import type { Gateway, Listener, Node, Route, Service } from './gateway.ts'
import type { Locate } from './origin.ts'

/** The way to read another entity and to point at what the user wrote. Reads are recorded, so that a memoised result knows what it depends on. */
export interface Cx {
  service(name: string): Service | undefined
  listener(name: string): Listener | undefined
  route(name: string): Route | undefined
  readonly at: (node: Node, path?: Path, side?: 'key' | 'value') => Place
}

/** What the check of one node may look at; all of it is recorded. */
export interface CheckCx extends Cx {
  /** A feature's value for the whole gateway. */
  policy(feature: string): unknown
  /** Whether something was written and left out because of its own findings, such as `services/orders`. */
  isInvalid(what: string): boolean
  /** A node whose check asks for the time is checked each time. */
  moment(): Moment
}

/** Reads over a whole gateway. */
export function createCx(gateway: Gateway, locate: Locate): Cx {
  return {
    service: (name) => gateway.services.get(name),
    listener: (name) => gateway.listeners.get(name),
    route: (name) => gateway.routes.get(name),
    at: (node, path, side) => locate(gateway.originOf(node), path, side),
  }
}

interface Asked {
  readonly gateway: Gateway
  readonly invalid: ReadonlySet<string>
  readonly moment: Moment
}

/** Everything that a check may ask for, recorded by nobody. */
export function checkCx({ gateway, invalid, moment }: Asked, cx: Cx): CheckCx {
  return { ...cx, policy: (feature) => gateway.policies[feature], isInvalid: (what) => invalid.has(what), moment: () => moment }
}
