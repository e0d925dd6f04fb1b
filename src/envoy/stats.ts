import type { MessageInitShape } from '@bufbuild/protobuf'
import type { StatsConfigSchema } from '#gen/envoy/config/metrics/v3/stats_pb.js'
import { quoteRegex } from '../model/regex.ts'

/** Per-cluster counters worth their memory: an idle cluster has over a hundred, and there may be 10,000 clusters. */
const clusterStats =
  'cluster\\..*\\.(upstream_rq_(total|time|timeout|retry|retry_success|retry_overflow|active|pending_active|pending_overflow|maintenance_mode|[1-5]xx)' +
  '|upstream_cx_(active|connect_fail|total|overflow)|membership_.*|health_check\\..*|assignment_.*|ratelimit\\..*|bind_errors' +
  '|circuit_breakers\\.default\\.(rq_open|cx_open|rq_pending_open)|outlier_detection\\.(ejections_active|ejections_enforced_total))'

/** Of the routes that count apart; the one number that tells whether somebody still calls them. */
const routeStats = 'vhost\\..*\\.route\\..*\\.upstream_rq_total'

const prefixes = [
  'http.',
  'listener',
  'server.',
  'cluster_manager',
  'control_plane',
  'runtime',
  'extension_config_discovery.',
  'overload.',
  'limits-',
  'sds.',
  'tls_inspector.',
]

/**
 * Which statistics exist at all; every other one is never created. One regex, which Envoy asks once for a name: a prefix that ends with a dot it would
 * compare with the name of each statistic each time that a request counts (11 of them were 2 % of a request).
 */
export const statsConfig: MessageInitShape<typeof StatsConfigSchema> = {
  statsMatcher: {
    statsMatcher: { case: 'inclusionList', value: { patterns: [{ matchPattern: { case: 'safeRegex', value: { regex: names() } } }] } },
  },
}

function names(): string {
  return `${clusterStats}|${routeStats}|(?:${prefixes.map(quoteRegex).join('|')}).*`
}
