import { changedKeys } from '../lib/changed-keys.ts'
import type { Gateway, Service } from '../model/gateway.ts'

/** Why a change takes away so much that it may be a mistake, in one sentence; undefined when it does not. */
export function massRemoval(before: Gateway, after: Gateway): string | undefined {
  // As many as are new may have been renamed.
  const lost = before.routes.size - after.routes.size
  if (lost * 2 > before.routes.size) return `${lost} of ${before.routes.size} routes are gone`
  if (before.listeners.size > 0 && after.listeners.size === 0) return 'all listeners are gone'
  const changed = changedKeys(before.services, after.services).flatMap((name) => before.services.get(name) ?? [])
  const emptied = changed.filter((service) => service.discovery.endpoints.length > 0 && isEmptied(service, after))
  if (emptied.length === 0) return undefined
  const names = emptied.slice(0, 3).map(({ name }) => name)
  const more = emptied.length - names.length
  return `all endpoints of ${emptied.length === 1 ? 'service' : 'services'} ${names.join(', ')}${more > 0 ? ` and ${more} more` : ''} are gone`
}

/** A service under a new name takes its endpoints along: that is no removal. */
function isEmptied(service: Service, after: Gateway): boolean {
  const now = after.services.get(service.name)
  if (now) return now.discovery.endpoints.length === 0
  const had = new Set(addresses(service))
  return ![...after.services.values()].some((other) => addresses(other).some((address) => had.has(address)))
}

function addresses({ discovery }: Service): string[] {
  return discovery.endpoints.map(({ address, port }) => `${address} ${port}`)
}
