import { type Directive, directive, template } from './nginx-conf.ts'

/** Path, inside the tree, of the access log: one JSON object a line. */
export const accessLog = 'logs/access.log'

/** What nginx itself writes at next to no cost; none of it needs escaping. Every other field costs less as text of the runtime (lua/sluice/log_line.lua). */
const own = [
  '"time":"$time_iso8601"',
  '"request_id":"$sl_request_id"',
  '"client_ip":"$remote_addr"',
  '"status":$status',
  '"bytes_in":$request_length',
  '"bytes_out":$bytes_sent',
]

/** The fields of the Envoy engine's access log, under the same names. The runtime's begin with a comma, so that a line without them is JSON as well. */
export const logFormat: Directive = directive('log_format', 'sl', 'escape=none', template(`{${own.join(',')}$sl_rest}`))

/** Lines wait up to a second in memory. */
export const access: Directive = directive('access_log', accessLog, 'sl', 'buffer=64k', 'flush=1s')
