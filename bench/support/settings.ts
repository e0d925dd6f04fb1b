/** The parts of a static Envoy file, as JSON, that the ablation touches; a file written by hand has other names. */
export interface StaticFile {
  readonly staticResources?: {
    readonly listeners: { readonly filterChains: { readonly filters: { readonly typedConfig: Manager }[] }[] }[]
    clusters: Cluster[]
  }
  /** The same in a file written by hand. */
  readonly static_resources?: { clusters: Cluster[] }
  statsConfig?: unknown
  overloadManager?: unknown
}

interface Manager {
  readonly routeConfig: { readonly virtualHosts: { routes: EnvoyRoute[] }[] }
  httpFilters: { readonly name: string; readonly disabled?: boolean }[]
  [setting: string]: unknown
}

interface EnvoyRoute {
  readonly name: string
  readonly match: { pathSeparatedPrefix?: string; prefix?: string }
  readonly route?: Record<string, unknown>
}

interface Cluster {
  [setting: string]: unknown
}

/** One thing that the compiled configuration has and a bare one has not, and how to take it away. */
export interface Setting {
  readonly name: string
  readonly off: (file: StaticFile) => void
}

const managers = (file: StaticFile): Manager[] =>
  (file.staticResources?.listeners ?? []).flatMap(({ filterChains }) =>
    filterChains.flatMap(({ filters }) => filters.map(({ typedConfig }) => typedConfig)),
  )

const routes = (file: StaticFile): EnvoyRoute[] =>
  managers(file).flatMap(({ routeConfig }) => routeConfig.virtualHosts.flatMap((host) => host.routes))

const without =
  (...keys: readonly string[]) =>
  (file: StaticFile): void => {
    for (const manager of managers(file)) for (const key of keys) delete manager[key]
  }

const withoutFilters = (drop: (filter: Manager['httpFilters'][number]) => boolean) => (file: StaticFile) => {
  for (const manager of managers(file)) manager.httpFilters = manager.httpFilters.filter((filter) => filter.name === 'router' || !drop(filter))
}

const withoutRouteKeys =
  (...keys: readonly string[]) =>
  (file: StaticFile): void => {
    for (const { route } of routes(file)) if (route) for (const key of keys) delete route[key]
  }

const withoutClusterKeys =
  (...keys: readonly string[]) =>
  (file: StaticFile): void => {
    for (const cluster of file.staticResources?.clusters ?? []) for (const key of keys) delete cluster[key]
  }

/** Each is measured alone: the whole configuration without it, against the whole configuration. */
export const settings: readonly Setting[] = [
  { name: 'access log (one JSON line a request)', off: without('accessLog') },
  { name: 'guard routes', off: withoutGuards },
  { name: 'strip of owned headers', off: without('earlyHeaderMutationExtensions') },
  { name: 'slots that are always on (5)', off: withoutFilters(({ disabled }) => disabled !== true) },
  { name: 'slots that are switched off (17)', off: withoutFilters(({ disabled }) => disabled === true) },
  { name: 'rewrite', off: withoutRouteKeys('regexRewrite', 'prefixRewrite', 'pathRewrite') },
  { name: 'retry policy', off: withoutRouteKeys('retryPolicy') },
  { name: 'error replies', off: without('localReplyConfig') },
  { name: 'path normalisation, escaped slashes, merged slashes', off: without('normalizePath', 'mergeSlashes', 'pathWithEscapedSlashesAction') },
  { name: 'client address, forwarding headers', off: without('useRemoteAddress', 'xffNumTrustedHops', 'internalAddressConfig') },
  { name: 'request id', off: requestId },
  { name: 'header limits, underscores', off: without('commonHttpProtocolOptions', 'maxRequestHeadersKb') },
  {
    name: 'timeouts of the listener',
    off: without('streamIdleTimeout', 'requestTimeout', 'requestHeadersTimeout', 'delayedCloseTimeout', 'drainTimeout'),
  },
  { name: 'timeouts of the route (30s, 8s per try)', off: routeTimeouts },
  { name: 'health checks and outlier detection', off: withoutClusterKeys('healthChecks', 'outlierDetection') },
  { name: 'caps and retry budget', off: withoutClusterKeys('circuitBreakers') },
  { name: 'x-envoy headers suppressed', off: envoyHeaders },
  { name: 'statistics matcher', off: (file) => delete file.statsConfig },
  { name: 'overload manager', off: (file) => delete file.overloadManager },
]

function withoutGuards(file: StaticFile): void {
  for (const { routeConfig } of managers(file)) {
    for (const host of routeConfig.virtualHosts) host.routes = host.routes.filter(({ name }) => !name.startsWith('sluice.guard.'))
  }
}

function requestId(file: StaticFile): void {
  for (const manager of managers(file)) manager['generateRequestId'] = false
}

function routeTimeouts(file: StaticFile): void {
  for (const { route } of routes(file)) {
    if (!route) continue
    route['timeout'] = '0s'
    if (isFields(route['retryPolicy'])) delete route['retryPolicy']['perTryTimeout']
  }
}

function envoyHeaders(file: StaticFile): void {
  for (const manager of managers(file)) {
    for (const filter of manager.httpFilters) {
      const config = (filter as { typedConfig?: unknown }).typedConfig
      if (filter.name === 'router' && isFields(config)) delete config['suppressEnvoyHeaders']
    }
  }
}

function isFields(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

/** A static file whose matchers are unrolled: every virtual host as a plain list of routes, the guards first. */
export function asList(text: string): string {
  const file = JSON.parse(text) as StaticFile
  for (const { routeConfig } of managers(file)) {
    for (const host of routeConfig.virtualHosts as { routes?: unknown[]; matcher?: unknown }[]) {
      if (host.matcher === undefined) continue
      const found = new Map<unknown, unknown>()
      collectRoutes(host.matcher, found)
      host.routes = [...found.values()]
      delete host.matcher
    }
  }
  return JSON.stringify(file)
}

/** Routes in the order of the text, each name once; `name` and `match` together make a route. */
function collectRoutes(value: unknown, found: Map<unknown, unknown>): void {
  if (Array.isArray(value)) return value.forEach((inner) => collectRoutes(inner, found))
  if (!isFields(value)) return
  if ('match' in value && 'name' in value) {
    const route = { ...value }
    delete route['@type']
    if (!found.has(value['name'])) found.set(value['name'], route)
    return
  }
  for (const inner of Object.values(value)) collectRoutes(inner, found)
}
