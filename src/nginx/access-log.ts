import { block, type Directive, directive, entry, template } from './nginx-conf.ts'

/** Path, inside the tree, of the access log: one JSON object a line. */
export const accessLog = 'logs/access.log'

/** The fields of the Envoy engine's access log, under the same names. `text` stands between quotes. */
const text = {
  time: '$time_iso8601',
  request_id: '$sl_request_id',
  method: '$request_method',
  protocol: '$server_protocol',
  client_ip: '$remote_addr',
  endpoint: '$upstream_addr',
  upstream_status: '$upstream_status',
  duration_s: '$request_time',
  upstream_s: '$upstream_response_time',
}
const numbers = '"status":$status,"bytes_in":$request_length,"bytes_out":$bytes_sent'

/** What the client wrote, as it is: the runtime has found that it needs no escaping. Its part of the line ends within the text of the service. */
const plain = { host: '$http_host', user_agent: '$http_user_agent', path: '$sl_plain' }

/** The path comes without its query. */
const escaped = {
  host: '$sl_log_host',
  user_agent: '$sl_log_agent',
  path: '$sl_log_path',
  listener: '$sl_listener',
  route: '$sl_route',
  service: '$sl_service',
}

/**
 * Two formats of the same line. nginx escapes quotes and control characters, but leaves bytes that are not ASCII as they are, which need not be UTF-8:
 * of such texts only what is ASCII gets into the log. Both cost a request as much as routing it, so the runtime says which requests need neither.
 */
export const logFormats: readonly Directive[] = [
  asciiOf('$request_uri', '$sl_log_path', '~^(?<sl_p>[!-\\x3e@-~]*)', '$sl_p'),
  asciiOf('$http_host', '$sl_log_host', '~^(?<sl_h>[ -~]*)$', '$sl_h'),
  asciiOf('$http_user_agent', '$sl_log_agent', '~^(?<sl_a>[ -~]*)$', '$sl_a'),
  directive('log_format', 'sl_plain', 'escape=none', template(line(plain))),
  directive('log_format', 'sl_escaped', 'escape=json', template(line(escaped))),
]

/** Lines wait up to a second in memory. */
export const accessLogs: readonly Directive[] = [
  directive('access_log', accessLog, 'sl_plain', 'buffer=64k', 'flush=1s', template('if=$sl_plain')),
  directive('access_log', accessLog, 'sl_escaped', 'buffer=64k', 'flush=1s', template('if=$sl_odd')),
]

function line(own: Readonly<Record<string, string>>): string {
  const fields = Object.entries({ ...text, ...own }).map(([name, value]) => `"${name}":"${value}"`)
  return `{${[...fields, numbers].join(',')}}`
}

function asciiOf(from: string, to: string, pattern: string, value: string): Directive {
  return block('map', [template(from), template(to)], [entry('default', template('')), entry(pattern, template(value))])
}
