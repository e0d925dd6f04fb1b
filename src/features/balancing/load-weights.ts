import type { Service } from '../../model/gateway.ts'
import { endpointKey, type ServiceLoads } from '../../live/loads.ts'
import type { Balancing } from './model.ts'

/** Nobody starves: an endpoint counts as having at least this part of itself free. */
const least = 0.05

/** Weights change in steps of a twentieth of the file's weight, so that small changes of load send nothing to the proxies. */
const steps = 20

/** Age after which a report counts no more, in milliseconds, unless `reportsExpire` says otherwise. */
const reportsExpireMs = 15_000

/** A service with live weights, and until when they hold if no other report comes. */
export interface Weighed {
  readonly service: Service
  readonly until?: number
}

/**
 * The service with the weights that the load of its endpoints asks for; the same object when nobody's weight differs from the file's.
 *
 * An endpoint's weight is the file's × its free capacity (1 − load, at least {@link least}) ÷ the mean free capacity of all that report.
 * So an endpoint that is half as free as the mean gets half of its share, and one that does not report, or whose report is older than the age
 * limit, has the file's weight: it is taken for an average one. All weights come as multiples of a twentieth of the file's.
 */
export function weigh({ strategy, reportsExpire = reportsExpireMs }: Balancing, service: Service, loads: ServiceLoads, now: number): Weighed {
  if (strategy !== 'peak-load') return { service }
  const { endpoints } = service.discovery
  const told = endpoints.map((endpoint) => {
    const report = loads.get(endpointKey(endpoint))
    if (!report || report.at + reportsExpire <= now) return undefined
    return { weight: endpoint.weight, free: Math.max(least, 1 - report.load), expires: report.at + reportsExpire }
  })
  const telling = told.filter((one) => one !== undefined)
  if (telling.length === 0) return { service }
  const until = Math.min(...telling.map(({ expires }) => expires))
  const mean = telling.reduce((sum, { weight, free }) => sum + weight * free, 0) / telling.reduce((sum, { weight }) => sum + weight, 0)
  const shares = told.map((one) => (one ? Math.max(1, Math.round((steps * one.free) / mean)) : steps))
  if (shares.every((share) => share === steps)) return { service, until }
  const weighted = endpoints.map((endpoint, index) => ({ ...endpoint, weight: endpoint.weight * (shares[index] ?? steps) }))
  return { service: { ...service, discovery: { ...service.discovery, endpoints: weighted } }, until }
}
