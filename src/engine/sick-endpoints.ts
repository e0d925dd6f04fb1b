import { ListElements } from '../lib/list-elements.ts'
import type { EnvoyAdmin } from './envoy-admin.ts'

/** An endpoint that the proxy gives no requests now. */
export interface SickEndpoint {
  readonly service: string
  /** `127.0.0.1:3002` or `[::1]:3002`; of a name, what it was resolved to. */
  readonly address: string
  /** Such as `failed health check` or `ejected`; several are joined with `, `. */
  readonly reason: string
}

/** How long Envoy may take for its whole answer, in milliseconds. */
const patienceMs = 1_000

/** The parts used of `admin.v3.ClusterStatus` as JSON: false and 0 are left out. https://www.envoyproxy.io/docs/envoy/latest/api-v3/admin/v3/clusters.proto */
interface ClusterStatus {
  readonly name: string
  readonly host_statuses?: readonly HostStatus[]
}

interface HostStatus {
  readonly address?: { readonly socket_address?: { readonly address: string; readonly port_value?: number } }
  readonly health_status?: {
    readonly failed_active_health_check?: boolean
    readonly pending_active_hc?: boolean
    readonly active_hc_timeout?: boolean
    readonly failed_outlier_check?: boolean
    readonly eds_health_status?: string
  }
}

/** Says which of the words below are in the text of a service at all; most have none, and are not parsed. */
const marks = /"failed_(?:active_health|outlier)_check"|"(?:UNHEALTHY|TIMEOUT)"/

/**
 * The first `limit` sick endpoints of services, in Envoy's order. The answer has about 1 KB for each endpoint, sick or not, so it is read
 * service by service, and Envoy's main thread (not its workers) is busy with it: ask when somebody wants to know, not by a clock.
 * Rejects when Envoy does not answer within 1 s.
 */
export async function sickEndpoints(admin: Pick<EnvoyAdmin, 'read'>, limit = 100): Promise<readonly SickEndpoint[]> {
  const services = new ListElements()
  const sick: SickEndpoint[] = []
  for await (const piece of admin.read('/clusters?format=json', patienceMs)) {
    for (const text of services.push(piece)) {
      if (marks.test(text)) sick.push(...sickOf(JSON.parse(text) as ClusterStatus))
      if (sick.length >= limit) return sick.slice(0, limit)
    }
  }
  if (!services.ended) throw new Error('the list of endpoints ends too early')
  return sick
}

/** Asks for whoever looks; those who look while an answer is under way share it, so that many of them cost Envoy no more than one. */
export function sharedSickEndpoints(admin: Pick<EnvoyAdmin, 'read'>): () => Promise<readonly SickEndpoint[]> {
  let asking: Promise<readonly SickEndpoint[]> | undefined
  return () => (asking ??= sickEndpoints(admin).finally(() => (asking = undefined)))
}

/** Clusters named `sluice.…` are those of sluice itself; no service can have a dot in its name. */
function sickOf({ name, host_statuses: hosts = [] }: ClusterStatus): SickEndpoint[] {
  if (name.startsWith('sluice.')) return []
  return hosts.flatMap((host) => {
    const reason = reasons(host.health_status ?? {}).join(', ')
    return reason === '' ? [] : [{ service: name, address: addressOf(host), reason }]
  })
}

function reasons(health: NonNullable<HostStatus['health_status']>): string[] {
  const check = health.pending_active_hc ? 'not checked yet' : health.active_hc_timeout ? 'health check timed out' : 'failed health check'
  return [
    ...(health.failed_active_health_check ? [check] : []),
    ...(health.failed_outlier_check ? ['ejected'] : []),
    ...(['UNHEALTHY', 'TIMEOUT'].includes(health.eds_health_status ?? '') ? ['marked unhealthy'] : []),
  ]
}

function addressOf({ address }: HostStatus): string {
  const { address: ip = 'unknown', port_value: port = 0 } = address?.socket_address ?? {}
  return ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`
}
