import type { Diagnostic } from '../diagnostics/diagnostic.ts'
import { didYouMean } from '../diagnostics/suggest.ts'
import type { CheckInput } from './check-input.ts'
import type { Listener } from './gateway.ts'

/** Listeners: at least one, each port once, redirects that lead somewhere. */
export function* checkListeners({ gateway, invalid, cx }: CheckInput): Iterable<Diagnostic> {
  const anyInvalid = [...invalid].some((name) => name.startsWith('listeners/'))
  if (gateway.listeners.size === 0 && !anyInvalid) {
    yield { code: 'gateway/no-listener', severity: 'error', message: 'the gateway listens nowhere', help: 'add `listeners: {public: {port: 8080}}`' }
  }
  const seen: Listener[] = []
  for (const listener of gateway.listeners.values()) {
    const other = seen.find((one) => one.port === listener.port && overlap(one.address, listener.address))
    if (other) {
      yield {
        code: 'listener/port-used-twice',
        severity: 'error',
        message: `port ${listener.port} is used by the listeners ${other.name} and ${listener.name}`,
        at: cx.at(listener, ['port']),
        related: [{ message: 'the first one', at: cx.at(other, ['port']) }],
        help: 'give one of them another port or address',
      }
    }
    seen.push(listener)
    if (listener.redirectTo === undefined) continue
    const target = gateway.listeners.get(listener.redirectTo)
    const at = cx.at(listener, ['redirectTo'])
    if (!target) {
      if (invalid.has(`listeners/${listener.redirectTo}`)) continue
      const help = didYouMean(
        listener.redirectTo,
        [...gateway.listeners.keys()].filter((name) => name !== listener.name),
      )
      yield { code: 'listener/unknown-redirect', severity: 'error', message: `listener "${listener.redirectTo}" does not exist`, at, help }
    } else if (target.redirectTo !== undefined) {
      yield {
        code: 'listener/redirect-chain',
        severity: 'error',
        message: `listener "${target.name}" redirects too, so no request would ever arrive`,
        at,
        help: 'redirect to a listener that serves routes',
      }
    }
  }
}

const wildcards = new Set(['0.0.0.0', '::'])

function overlap(a: string, b: string): boolean {
  return a === b || wildcards.has(a) || wildcards.has(b)
}
