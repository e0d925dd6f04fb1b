import type { Cx } from '../feature.ts'
import type { Gateway } from './gateway.ts'
import type { Locate } from './origin.ts'

/** Reads over a whole gateway, for checks; the emitter's own Cx records what is read. */
export function createCx(gateway: Gateway, locate: Locate): Cx {
  return {
    service: (name) => gateway.services.get(name),
    listener: (name) => gateway.listeners.get(name),
    route: (name) => gateway.routes.get(name),
    at: (node, path, side) => locate(gateway.origins.get(`${node.kind}/${node.name}`) ?? [], path, side),
  }
}
