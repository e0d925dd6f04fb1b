import type { Diagnostic } from '../../diagnostics/diagnostic.ts'
import type { CheckCx } from '../../model/cx.ts'
import type { Service } from '../../model/gateway.ts'
import type { CircuitBreaker } from './model.ts'

/** Fallback services must be there, and must not lead back to the one that they stand in for. */
export function* check(service: Service, cx: CheckCx, breakerOf: (service: Service) => CircuitBreaker | undefined): Iterable<Diagnostic> {
  const standIn = (other: Service): string | undefined => {
    const fallback = breakerOf(other)?.fallback
    return fallback?.type === 'service' ? fallback.service : undefined
  }
  const next = standIn(service)
  if (next === undefined) return
  const at = cx.at(service, ['circuitBreaker', 'fallback', 'service'])
  if (!cx.service(next)) {
    yield { code: 'circuit-breaker/unknown-service', severity: 'error', message: `there is no service ${next}`, at }
    return
  }
  const way = [service.name]
  for (let name: string | undefined = next; name !== undefined && !way.includes(name);) {
    way.push(name)
    const reached: Service | undefined = cx.service(name)
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
