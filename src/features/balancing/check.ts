import type { Diagnostic } from '../../diagnostics/diagnostic.ts'
import type { CheckCx, Cx } from '../../model/cx.ts'
import type { Service } from '../../model/gateway.ts'
import type { Balancing } from './model.ts'

/** What has no effect on the endpoints that the file names. */
export function* check(balancing: Balancing, service: Service, cx: CheckCx): Iterable<Diagnostic> {
  if (service.discovery.endpoints.length === 0) return
  yield* checkWeights(service, balancing, cx)
  yield* checkZones(service, balancing, cx)
}

function* checkWeights(service: Service, { strategy }: Balancing, cx: Cx): Iterable<Diagnostic> {
  const weights = new Set(service.discovery.endpoints.map(({ weight }) => weight))
  if (strategy !== 'random' || weights.size < 2) return
  yield {
    code: 'balancing/unused-weights',
    severity: 'warning',
    message: `random takes the endpoints of service ${service.name} with equal chances, whatever they weigh`,
    at: cx.at(service, ['balancing']),
    help: 'use round-robin or least-request',
  }
}

function* checkZones(service: Service, { zones }: Balancing, cx: Cx): Iterable<Diagnostic> {
  if (!zones) return
  const known = new Set(service.discovery.endpoints.flatMap(({ zone }) => zone ?? []))
  if (zones.prefer.some((zone) => known.has(zone))) return
  const names = [...known].sort()
  yield {
    code: 'balancing/unknown-zone',
    severity: 'warning',
    message: `service ${service.name} has no endpoint in ${zones.prefer.join(' or ')}`,
    at: cx.at(service, ['balancing', 'zones', 'prefer']),
    help: names.length === 0 ? 'write `zone` at its endpoints' : `its endpoints are in ${names.join(', ')}`,
  }
}
