import type { Start, StartListener } from './start.ts'

/** What differs between two start models, one sentence each in the user's words. Empty: the change needs no reload of nginx. */
export function reloadReasons(before: Start, after: Start): string[] {
  const old = new Map(before.listeners.map((listener) => [listener.name, listener]))
  const kept = new Set(after.listeners.map(({ name }) => name))
  const reasons = after.listeners.flatMap((listener) => {
    const was = old.get(listener.name)
    return was ? changes(was, listener) : [`listener ${listener.name} is new: nginx opens ${addressOf(listener)}`]
  })
  for (const listener of before.listeners) {
    if (!kept.has(listener.name)) reasons.push(`listener ${listener.name} is gone: nginx closes ${addressOf(listener)}`)
  }
  const [trustsBefore, trustsAfter] = [[...before.trusts.keys()], [...after.trusts.keys()]]
  if (trustsBefore.join() !== trustsAfter.join()) reasons.push('the authorities that certificates of services are checked by changed')
  return reasons
}

function changes(was: StartListener, now: StartListener): string[] {
  const reasons: string[] = []
  if (addressOf(was) !== addressOf(now)) reasons.push(`listener ${now.name} moves from ${addressOf(was)} to ${addressOf(now)}`)
  if (!was.tls !== !now.tls) reasons.push(`listener ${now.name} ${now.tls ? 'begins' : 'ceases'} to speak TLS`)
  else if (was.tls?.minVersion !== now.tls?.minVersion) {
    reasons.push(`listener ${now.name} takes TLS from version ${now.tls?.minVersion}, no longer ${was.tls?.minVersion}`)
  }
  return reasons
}

function addressOf({ address, port }: StartListener): string {
  return `${address.includes(':') ? `[${address}]` : address}:${port}`
}
