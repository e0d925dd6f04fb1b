import { block, type Directive, directive, entry, template } from './nginx-conf.ts'

/** Sizes never change in a routine compile: nginx keeps the content over a reload only when name and size are the same. */
export const sharedDicts: readonly Directive[] = [
  directive('lua_shared_dict', 'sl_config', '128m'),
  directive('lua_shared_dict', 'sl_health', '8m'),
  directive('lua_shared_dict', 'sl_count', '16m'),
  directive('lua_shared_dict', 'sl_circuit', '8m'),
  directive('lua_shared_dict', 'sl_metrics', '16m'),
]

/** How nginx speaks HTTP on every listener; limits equal those of the Envoy listener where nginx has the setting. */
export const httpSettings: readonly Directive[] = [
  ...['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((kind) => directive(`${kind}_temp_path`, `tmp/${kind}`)),
  directive('lua_socket_log_errors', 'off'),
  directive('lua_max_pending_timers', 1024),
  directive('lua_max_running_timers', 256),
  directive('lua_regex_cache_max_entries', 8192),
  directive('lua_regex_match_limit', 100_000),
  directive('server_tokens', 'off'),
  directive('default_type', 'application/octet-stream'),
  directive('uninitialized_variable_warn', 'off'),
  // The runtime must see a name in order to refuse it.
  directive('underscores_in_headers', 'on'),
  directive('ignore_invalid_headers', 'off'),
  directive('merge_slashes', 'off'),
  directive('absolute_redirect', 'off'),
  directive('port_in_redirect', 'off'),
  directive('server_name_in_redirect', 'off'),
  directive('client_header_buffer_size', '1k'),
  directive('large_client_header_buffers', 4, '32k'),
  // What a request needs with the runtime: one piece of memory, not two.
  directive('request_pool_size', '8k'),
  directive('client_header_timeout', '10s'),
  directive('client_body_timeout', '300s'),
  directive('send_timeout', '300s'),
  directive('keepalive_timeout', '3600s'),
  directive('keepalive_requests', 100_000),
  directive('client_max_body_size', 0),
  directive('client_body_buffer_size', '128k'),
  directive('reset_timedout_connection', 'on'),
  // https://wiki.mozilla.org/Security/Server_Side_TLS, intermediate; TLS 1.3 has its own.
  directive(
    'ssl_ciphers',
    [
      ...['ECDHE-ECDSA-AES128-GCM-SHA256', 'ECDHE-RSA-AES128-GCM-SHA256', 'ECDHE-ECDSA-AES256-GCM-SHA384', 'ECDHE-RSA-AES256-GCM-SHA384'],
      ...['ECDHE-ECDSA-CHACHA20-POLY1305', 'ECDHE-RSA-CHACHA20-POLY1305'],
    ].join(':'),
  ),
  directive('ssl_session_cache', 'shared:sl_ssl:10m'),
  directive('ssl_session_tickets', 'off'),
  directive('proxy_http_version', '1.1'),
  // Unbuffered with a large first buffer: streams like Envoy, at half the cost of buffering.
  directive('proxy_buffering', 'off'),
  directive('proxy_buffer_size', '32k'),
  directive('proxy_buffers', 8, '32k'),
  directive('proxy_busy_buffers_size', '64k'),
  directive('proxy_next_upstream', 'error', 'timeout'),
  // What the runtime begins with for an attempt (lua/sluice/attempt.lua), so that it need not say so each time.
  ...['proxy', 'grpc'].flatMap((kind) => [
    directive(`${kind}_connect_timeout`, '5s'),
    directive(`${kind}_send_timeout`, '15s'),
    directive(`${kind}_read_timeout`, '15s'),
  ]),
  directive('grpc_buffer_size', '32k'),
  directive('proxy_ssl_server_name', 'on'),
  directive('proxy_ssl_name', template('$sl_sni')),
  directive('proxy_ssl_verify_depth', 5),
  directive('proxy_ssl_protocols', 'TLSv1.2', 'TLSv1.3'),
  directive('proxy_ssl_session_reuse', 'off'),
  directive('grpc_ssl_server_name', 'on'),
  directive('grpc_ssl_name', template('$sl_sni')),
  directive('grpc_ssl_verify_depth', 5),
  directive('grpc_ssl_protocols', 'TLSv1.2', 'TLSv1.3'),
  directive('grpc_ssl_session_reuse', 'off'),
]

/** Headers that the service sees; a location that set one of its own would lose all of these. */
export const proxyHeaders: readonly Directive[] = [
  ...forwarded('proxy', '$sl_host', '$sl_proto', ['Connection', '$sl_connection'], ['Upgrade', '$sl_upgrade'], ['TE', '']),
  ...forwarded('grpc', '$sl_host', '$sl_proto', ['TE', 'trailers']),
]

/**
 * Those of the catch-all location, which takes no upgrades, no other host and no other scheme than the listener's: each variable less is work less for
 * every request. The host is as the client sent it: the runtime has refused what is no host name by the time that it is forwarded.
 */
export function commonHeaders(scheme: 'http' | 'https'): Directive[] {
  return forwarded('proxy', '${http_host}', scheme, ['Connection', ''], ['Upgrade', ''], ['TE', ''])
}

type Header = readonly [name: string, value: string]

function forwarded(kind: 'proxy' | 'grpc', host: string, scheme: string, ...hop: readonly Header[]): Directive[] {
  const all = [
    ['Host', host],
    ['X-Forwarded-For', '$proxy_add_x_forwarded_for'],
    ['X-Forwarded-Proto', scheme],
    ['X-Request-Id', '$sl_request_id'],
    ...hop,
    ['Keep-Alive', ''],
    ['Proxy-Connection', ''],
    ['HTTP2-Settings', ''],
  ] as const
  return all.map(([name, value]) => directive(`${kind}_set_header`, name, template(value)))
}

export const maps: readonly Directive[] = [
  // Empty, and nginx leaves out a header without a value: the runtime says it for the routes that want it. A line in nginx.conf shows that it was thought of.
  map('$scheme', '$sl_hsts', [['default', '']]),
  map('$http_upgrade', '$sl_upgrade', [
    ['default', ''],
    ['~*^websocket$', 'websocket'],
  ]),
  map('$sl_upgrade', '$sl_connection', [
    ['default', ''],
    ['websocket', 'upgrade'],
  ]),
  map('$sl_front_proto', '$sl_proto', [
    ['default', '$scheme'],
    ['http', 'http'],
    ['https', 'https'],
  ]),
]

function map(from: string, to: string, rows: readonly (readonly [key: string, value: string])[]): Directive {
  return block(
    'map',
    [template(from), template(to)],
    rows.map(([key, value]) => entry(key, template(value))),
  )
}
