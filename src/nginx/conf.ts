import { bodyLocations, mainLocation, shapeLocations, upstreamBlock, variables, ways } from './locations.ts'
import { block, call, type Directive, directive, dollar, lua, renderConf, template } from './nginx-conf.ts'
import { access, logFormat } from './access-log.ts'
import { httpSettings, maps, proxyHeaders, sharedDicts } from './http-settings.ts'
import type { Start, StartListener } from './start.ts'

/**
 * Which nginx runs the tree: Debian's 1.22 and later with the Lua module; the same from 1.26 and Lua module 0.10.27 on; or OpenResty 1.27 and later.
 * A tree for `debian-1.22` also runs on the newer one.
 */
export type Profile = 'debian-1.22' | 'debian-1.26' | 'openresty-1.27'

/** What the one that runs a profile calls itself, and its packages call the program. */
export function productOf(profile: Profile): 'nginx' | 'openresty' {
  return profile === 'openresty-1.27' ? 'openresty' : 'nginx'
}

/** Where the engine that will run the tree keeps its parts; all defaults fit packages of the system. */
export interface ConfOptions {
  readonly profile: Profile
  /** Directory of dynamic modules, not for OpenResty; default `/usr/lib/nginx/modules`. */
  readonly modules?: string
  /** Further entries of Lua's search paths, such as those of an unpacked package. */
  readonly luaPath?: string
  readonly luaCpath?: string
  /** PEM file with the authorities of the system; default that of Debian, Alpine and the usual images. */
  readonly systemAuthorities?: string
  /** Absolute directory of the tree: where its admin socket listens. Default: the working directory, for nginx knows no prefix in an address. */
  readonly dir?: string
  /** User that workers run as when nginx is started by root; default nginx's own. */
  readonly user?: string
  /** Worker processes; default one per core. */
  readonly workers?: number
  /** How long old workers may finish requests after a reload or an end, in milliseconds; whole seconds count. Default 30 s. */
  readonly drainMs?: number
}

/** Connections that one worker holds; each request has two, and each needs a file descriptor. */
const connections = 8192

/** Path, inside the tree, of the unix socket that takes documents and deltas. */
export const adminSocket = 'run/admin.sock'

/** Path, inside the tree, of the file with the process id of the master. */
export const pidFile = 'run/nginx.pid'

/** Path, inside the tree, of the authorities that one trust names. */
export function trustPath(name: string): string {
  return `trust/${name}.pem`
}

/** Start model → nginx.conf. Paths are relative to the prefix that nginx is started with (`nginx -p DIR`). */
export function nginxConf(start: Start, options: ConfOptions): string {
  return renderConf([
    ...modules(options),
    ...(options.user === undefined ? [] : [directive('user', options.user)]),
    directive('worker_processes', options.workers ?? 'auto'),
    directive('worker_shutdown_timeout', `${Math.max(1, Math.ceil((options.drainMs ?? 30_000) / 1000))}s`),
    directive('pid', pidFile),
    directive('error_log', 'stderr', 'warn'),
    directive('daemon', 'off'),
    directive('pcre_jit', 'on'),
    directive('worker_rlimit_nofile', 2 * connections),
    block('events', [], [directive('worker_connections', connections)]),
    block('http', [], http(start, options)),
  ])
}

function modules({ profile, modules: dir = '/usr/lib/nginx/modules' }: ConfOptions): Directive[] {
  if (profile === 'openresty-1.27') return []
  return ['ndk_http_module.so', 'ngx_http_lua_module.so'].map((file) => directive('load_module', `${dir}/${file}`))
}

function http(start: Start, options: ConfOptions): Directive[] {
  const { systemAuthorities = '/etc/ssl/certs/ca-certificates.crt' } = options
  const all = ways(start.trusts, (name, trust) => (typeof trust === 'string' ? systemAuthorities : trustPath(name)))
  const first = all[0]
  if (!first) throw new Error('there is always the plain way')
  return [
    directive('lua_package_path', searchPath('$prefix/lua/?.lua', options.luaPath)),
    directive('lua_package_cpath', searchPath(options.luaCpath)),
    ...sharedDicts,
    lua('init_by_lua_block', 'require("sluice.boot").init()'),
    lua('init_worker_by_lua_block', 'require("sluice.boot").worker()'),
    ...httpSettings,
    block('geo', [template(`$${dollar}`)], [directive('default', template('$'))]),
    ...maps,
    logFormat,
    ...proxyHeaders,
    ...all.map(({ name, kind }) => upstream(name, kind === 'grpc', options.profile)),
    ...start.listeners.map((listener) =>
      server(listener, [mainLocation(listener), ...shapeLocations(all), ...bodyLocations(first)], options.profile),
    ),
    adminServer(options.dir === undefined ? adminSocket : `${options.dir}/${adminSocket}`),
  ]
}

/** Places in their order, then the built-in ones (`;;`). nginx itself puts the prefix in the place of `$prefix`. */
function searchPath(...places: readonly (string | undefined)[]): string {
  return `${places.filter((place) => place !== undefined).join(';')};;`
}

/**
 * The runtime chooses the peer. `keepalive` tells connections apart by address alone: over TLS a request could get the connection that was
 * verified for another name, so an old nginx opens one per request, and newer Lua modules have `enable_keepalive`, which knows the name.
 */
function upstream(name: string, grpc: boolean, profile: Profile): Directive {
  const plain = name === 'http' || name === 'grpc'
  const pool = plain && profile === 'debian-1.22' ? [directive('keepalive', grpc ? 64 : 256)] : []
  return block('upstream', [upstreamBlock(name)], [directive('server', '0.0.0.1'), call('balancer_by_lua_block', 'attempt', 'balance'), ...pool])
}

function server({ id, address, port, tls, proxyProtocol }: StartListener, locations: readonly Directive[], profile: Profile): Directive {
  const at = `${address.includes(':') ? `[${address}]` : address}:${port}`
  const separate = profile !== 'debian-1.22'
  return block(
    'server',
    [],
    [
      directive('listen', at, ...(tls ? ['ssl', ...(separate ? [] : ['http2'])] : []), ...(proxyProtocol ? ['proxy_protocol'] : []), 'reuseport'),
      ...(separate ? [directive('http2', 'on')] : []),
      directive('server_name', '_'),
      ...(proxyProtocol ? clientOfProxyProtocol : []),
      access,
      ...(tls ? secure(id, tls.minVersion) : []),
      call('header_filter_by_lua_block', 'response', 'headers'),
      call('log_by_lua_block', 'done', 'log', id),
      ...locations,
      ...errorPages(id),
    ],
  )
}

/** Whoever may connect names the client: the listener is for a load balancer alone, and its owner has said so. */
const clientOfProxyProtocol: readonly Directive[] = [
  directive('set_real_ip_from', '0.0.0.0/0'),
  directive('set_real_ip_from', '::/0'),
  directive('real_ip_header', 'proxy_protocol'),
]

/** The certificate in the files is never served: the runtime puts another in its place for every handshake, or ends it. */
function secure(id: string, minVersion: '1.2' | '1.3'): Directive[] {
  return [
    directive('ssl_protocols', ...(minVersion === '1.2' ? ['TLSv1.2'] : []), 'TLSv1.3'),
    directive('add_header', 'Strict-Transport-Security', template('$sl_hsts'), 'always'),
    directive('ssl_certificate', 'placeholder.pem'),
    directive('ssl_certificate_key', 'placeholder.key'),
    call('ssl_certificate_by_lua_block', 'certificate', 'choose', id),
  ]
}

/** nginx's own errors, in the runtime's words. A plain URI: a named location has no path for a request line that could not be read. */
const errorPages = (listener: string): readonly Directive[] => [
  directive('error_page', 400, 495, 496, 497, template('=400'), '/.sluice/bad-request'),
  directive('error_page', 414, 431, 494, template('=431'), '/.sluice/headers-too-large'),
  directive('error_page', 405, '/.sluice/method-not-allowed'),
  directive('error_page', 408, '/.sluice/request-timeout'),
  directive('error_page', 413, '/.sluice/content-too-large'),
  directive('error_page', 501, '/.sluice/not-implemented'),
  // With `=` the runtime chooses the status, and no longer sees nginx's: it stands in the path.
  ...[500, 502, 503, 504].map((status) => directive('error_page', status, template('='), `/.sluice/upstream-${status}`)),
  block('location', ['^~', '/.sluice/'], [directive('internal'), call('content_by_lua_block', 'reply', 'internal', listener)]),
  block(
    'location',
    ['^~', '/.sluice/closing/'],
    [directive('internal'), directive('keepalive_timeout', 0), call('content_by_lua_block', 'reply', 'internal', listener)],
  ),
]

/** Only processes that may enter the directory `run` reach it. */
const adminServer = (socket: string): Directive =>
  block(
    'server',
    [],
    [
      directive('listen', `unix:${socket}`),
      directive('access_log', 'off'),
      directive('client_max_body_size', '256m'),
      directive('client_body_buffer_size', '32m'),
      block('location', ['/'], [...variables, call('content_by_lua_block', 'admin', 'serve')]),
    ],
  )
