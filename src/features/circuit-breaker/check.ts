import type { Diagnostic } from '../../diagnostics/diagnostic.ts'
import type { Cx } from '../../model/cx.ts'
import type { Gateway, Service } from '../../model/gateway.ts'
import type { CircuitBreaker } from './model.ts'

/** Fallback services must be there, and must not lead back to the one that they stand in for. */
export function* check(gateway: Gateway, cx: Cx, breakerOf: (service: Service) => CircuitBreaker | undefined): Iterable<Diagnostic> {
  const standIn = (service: Service): string | undefined => {
    const fallback = breakerOf(service)?.fallback
    return fallback?.type === 'service' ? fallback.service : undefined
  }
  for (const service of gateway.services.values()) {
    const next = standIn(service)
    if (next === undefined) continue
    const at = cx.at(service, ['circuitBreaker', 'fallback', 'service'])
    if (!gateway.services.has(next)) {
      yield { code: 'circuit-breaker/unknown-service', severity: 'error', message: `there is no service ${next}`, at }
      continue
    }
    const way = [service.name]
    for (let name: string | undefined = next; name !== undefined && !way.includes(name);) {
      way.push(name)
      const reached: Service | undefined = gateway.services.get(name)
      name = reached && standIn(reached)
      if (name !== service.name) continue
      const circle = [...way, name].join(' → ')
      yield {
        code: 'circuit-breaker/circle',
        severity: 'error',
        message: `fallbacks lead in a circle: ${circle}`,
        at,
        help: 'end it with a `respond`',
      }
    }
  }
}
