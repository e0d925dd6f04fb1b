import type { Start, StartListener } from './start.ts'

/** A start model as far as a comparison needs it; of the ways to check certificates the names are enough. */
export interface StartNames extends Pick<Start, 'listeners'> {
  readonly trusts: { has(name: string): boolean; keys(): Iterable<string> }
}

/**
 * What is new between two start models, one sentence each in the user's words. Empty: the change needs no reload of nginx.
 * An authority that no service names any more stays in nginx.conf until something else needs a reload.
 */
export function reloadReasons(before: StartNames, after: StartNames): string[] {
  const old = new Map(before.listeners.map((listener) => [listener.name, listener]))
  const kept = new Set(after.listeners.map(({ name }) => name))
  const reasons = after.listeners.flatMap((listener) => {
    const was = old.get(listener.name)
    return was ? changes(was, listener) : [`listener ${listener.name} is new: nginx opens ${addressOf(listener)}`]
  })
  for (const listener of before.listeners) {
    if (!kept.has(listener.name)) reasons.push(`listener ${listener.name} is gone: nginx closes ${addressOf(listener)}`)
  }
  const added = [...after.trusts.keys()].filter((name) => !before.trusts.has(name))
  if (added.length > 0) reasons.push('certificates of services are checked by other authorities, or in another way')
  return reasons
}

/** Listeners that are not what they were, or are gone. */
export function changedListeners(before: StartNames, after: StartNames): Map<string, 'changed' | 'removed'> {
  const now = new Map(after.listeners.map((listener) => [listener.name, listener]))
  const changed = new Map<string, 'changed' | 'removed'>()
  for (const was of before.listeners) {
    const listener = now.get(was.name)
    if (!listener) changed.set(was.name, 'removed')
    else if (changes(was, listener).length > 0) changed.set(was.name, 'changed')
  }
  return changed
}

/**
 * The start model to reload with: the listeners of `after`, and the authorities of both, because until the workers have the new state their routes
 * still lead to services of the old one.
 */
export function startBetween(before: Start, after: Start): Start {
  return { listeners: after.listeners, trusts: new Map([...before.trusts, ...after.trusts].sort(([a], [b]) => (a < b ? -1 : 1))) }
}

function changes(was: StartListener, now: StartListener): string[] {
  const reasons: string[] = []
  if (addressOf(was) !== addressOf(now)) reasons.push(`listener ${now.name} moves from ${addressOf(was)} to ${addressOf(now)}`)
  if (was.proxyProtocol !== now.proxyProtocol) {
    reasons.push(`listener ${now.name} ${now.proxyProtocol ? 'begins' : 'ceases'} to expect the PROXY protocol`)
  }
  if (!was.tls !== !now.tls) reasons.push(`listener ${now.name} ${now.tls ? 'begins' : 'ceases'} to speak TLS`)
  else if (was.tls?.minVersion !== now.tls?.minVersion) {
    reasons.push(`listener ${now.name} takes TLS from version ${now.tls?.minVersion}, no longer ${was.tls?.minVersion}`)
  }
  return reasons
}

function addressOf({ address, port }: StartListener): string {
  return `${address.includes(':') ? `[${address}]` : address}:${port}`
}
