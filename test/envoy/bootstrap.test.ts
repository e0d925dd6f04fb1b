import { beforeAll, describe, expect, it } from 'vitest'
import { fromJsonString } from '@bufbuild/protobuf'
import { BootstrapSchema } from '#gen/envoy/config/bootstrap/v3/bootstrap_pb.js'
import { ApiConfigSource_ApiType } from '#gen/envoy/config/core/v3/config_source_pb.js'
import { envoyArguments } from '../../src/engine/envoy-arguments.ts'
import { installEnvoy } from '../../src/engine/install.ts'
import { validateWithEnvoy } from '../../src/engine/validate.ts'
import { bootstrap, type BootstrapOptions } from '../../src/envoy/bootstrap.ts'
import { emitListener } from '../../src/envoy/listener.ts'
import { connectionLimits } from '../../src/envoy/overload.ts'
import { violations } from '../../src/envoy/pgv.ts'
import { baseExtensions } from '../../src/envoy/slots.ts'
import { staticBootstrap } from '../../src/envoy/static-bootstrap.ts'
import { typeRegistry } from '../../src/envoy/type-registry.ts'
import { protoRoots } from '../../scripts/proto-roots.ts'
import { forward, listenerNode, routeTable, staticCluster } from '../support/resources.ts'

const options: BootstrapOptions = {
  nodeId: 'n1',
  nodeCluster: 'shop',
  xds: { type: 'pipe', path: '/run/sluice/xds.sock' },
  admin: { type: 'pipe', path: '/run/sluice/admin.sock' },
}
const parse = (text: string) => fromJsonString(BootstrapSchema, text, { registry: typeRegistry() })
let binary: string

beforeAll(async () => {
  binary = (await installEnvoy()).path
})

describe('the bootstrap of a live proxy', () => {
  it.each<[string, Partial<BootstrapOptions>]>([
    ['over a unix socket', {}],
    ['over TCP', { xds: { type: 'tcp', host: '127.0.0.1', port: 18_000 } }],
    ['by name', { xds: { type: 'tcp', host: 'control.example.com', port: 18_000 } }],
    ['with admin on loopback', { admin: { type: 'loopback', port: 0 } }],
  ])('is accepted by Envoy and breaks no rule: %s', async (_, more) => {
    const text = bootstrap({ ...options, ...more })
    expect(await validateWithEnvoy(binary, text)).toEqual({ ok: true })
    expect(violations(BootstrapSchema, parse(text))).toEqual([])
  })

  it('asks over one delta stream, patiently at the start, quickly after a loss', () => {
    const { dynamicResources, staticResources, layeredRuntime, clusterManager, node } = parse(bootstrap(options))
    expect([node?.id, node?.cluster]).toEqual(['n1', 'shop'])
    const ads = dynamicResources?.adsConfig
    expect([ads?.apiType, ads?.setNodeOnFirstMessageOnly]).toEqual([ApiConfigSource_ApiType.DELTA_GRPC, true])
    const target = ads?.grpcServices[0]?.targetSpecifier
    const backOff = target?.case === 'envoyGrpc' ? target.value.retryPolicy?.retryBackOff : undefined
    expect([backOff?.baseInterval?.nanos, backOff?.maxInterval?.seconds]).toEqual([100_000_000, 1n])
    for (const source of [dynamicResources?.cdsConfig, dynamicResources?.ldsConfig])
      expect([source?.initialFetchTimeout?.seconds, source?.configSourceSpecifier.case]).toEqual([0n, 'ads'])
    expect(staticResources?.clusters.map((cluster) => cluster.name)).toEqual(['sluice.xds'])
    expect(bootstrap(options)).toContain('"connectionKeepalive": {\n                  "interval": "2s",\n                  "timeout": "2s"')
    expect(layeredRuntime?.layers.map((layer) => [layer.name, layer.layerSpecifier.case])).toEqual([
      ['switches', 'rtdsLayer'],
      ['breakers', 'rtdsLayer'],
      ['admin', 'adminLayer'],
    ])
    expect(clusterManager?.loadStatsConfig?.grpcServices).toHaveLength(1)
  })

  it('sheds load before it dies, and keeps few statistics', () => {
    const { overloadManager, deferredStatOptions, statsConfig } = parse(bootstrap(options))
    expect(deferredStatOptions?.enableDeferredCreationStats).toBe(true)
    const matcher = statsConfig?.statsMatcher?.statsMatcher
    const patterns = matcher?.case === 'inclusionList' ? matcher.value.patterns.map(({ matchPattern }) => matchPattern) : []
    const [regex] = patterns.flatMap((pattern) => (pattern.case === 'safeRegex' ? new RegExp(`^(?:${pattern.value.regex})$`) : []))
    expect(patterns).toHaveLength(1)
    const kept = [
      'cluster.orders.upstream_rq_5xx',
      'cluster.orders.upstream_rq_time',
      'http.public.downstream_rq_2xx',
      'listener.0.0.0.0_80.downstream_cx_total',
    ]
    const more = ['limits-ip.http_local_rate_limit.ok', 'server.live', 'control_plane.connected_state', 'vhost.*.route.old.upstream_rq_total']
    for (const name of [...kept, ...more]) expect([name, regex?.test(name)]).toEqual([name, true])
    const dropped = [
      'cluster.orders.external.upstream_rq_200',
      'cluster.orders.upstream_rq_200',
      'http1.dropped',
      'vhost.*.vcluster.other.upstream_rq_2xx',
    ]
    for (const name of dropped) expect([name, regex?.test(name)]).toEqual([name, false])
    expect(overloadManager?.refreshInterval?.nanos).toBe(250_000_000)
    expect(overloadManager?.bufferFactoryConfig?.minimumAccountToTrackPowerOfTwo).toBe(20)
    const words = (names: readonly string[] | undefined) => names?.map((name) => name.split('.').at(-1))
    expect(words(overloadManager?.resourceMonitors.map((monitor) => monitor.name))).toEqual(['fixed_heap', 'global_downstream_max_connections'])
    expect(words(overloadManager?.actions.map((action) => action.name))).toEqual([
      'reduce_timeouts',
      'shrink_heap',
      'disable_http_keepalive',
      'reset_high_memory_stream',
      'stop_accepting_requests',
    ])
    expect(words(overloadManager?.loadshedPoints.map((point) => point.name))).toEqual([
      'tcp_listener_accept',
      'http_connection_manager_decode_headers',
      'http_downstream_filter_check',
    ])
    expect([...connectionLimits(['public'])]).toEqual([['envoy.resource_limits.listener.public.connection_limit', 10_000]])
  })

  it('has its admin interface on this machine only', () => {
    const pipe = parse(bootstrap(options)).admin?.address?.address
    const loopback = parse(bootstrap({ ...options, admin: { type: 'loopback', port: 9901 } })).admin?.address?.address
    expect(pipe?.case === 'pipe' && [pipe.value.path, pipe.value.mode]).toEqual(['/run/sluice/admin.sock', 0o600])
    expect(loopback?.case === 'socketAddress' && loopback.value.address).toBe('127.0.0.1')
  })
})

describe('the static bootstrap', () => {
  const resources = [
    emitListener(listenerNode(18_080)),
    ...baseExtensions(),
    staticCluster('a', 1),
    staticCluster('b', 2),
    routeTable('public', [forward('/', 'a')]),
  ]

  it('has equal bytes for equal resources in any order', () => {
    expect(staticBootstrap([...resources].reverse(), options)).toBe(staticBootstrap(resources, options))
  })

  it('is accepted by Envoy and asks no server for anything', async () => {
    const text = staticBootstrap(resources, options)
    expect(text).not.toMatch(/"ads"|configDiscovery|"rds"|rtdsLayer/)
    expect(await validateWithEnvoy(binary, text)).toEqual({ ok: true })
  })

  it('names what is missing', () => {
    expect(() => staticBootstrap(resources.slice(0, -1), options)).toThrow('the static file needs routes "public"')
  })
})

describe('the types that can stand in a file', () => {
  it('are those of every generated file', () => {
    const files = new Set([...typeRegistry()].map((type) => `${type.file.name}.proto`))
    expect(protoRoots.filter((root) => !root.startsWith('envoy/service/') && !files.has(root))).toEqual([])
  })
})

describe('the verdict of Envoy', () => {
  it('is its reason, without its log prefix and file names', async () => {
    const verdict = await validateWithEnvoy(
      binary,
      staticBootstrap([emitListener(listenerNode(1)), ...baseExtensions(), routeTable('public', [forward('/', 'nosuch')])], options),
    )
    expect(verdict).toEqual({ ok: false, message: "route: unknown cluster 'nosuch'" })
  })

  it('rejects when the binary cannot be run', async () => {
    await expect(validateWithEnvoy('/nonexistent/envoy', '{}')).rejects.toThrow('ENOENT')
  })
})

describe('the command line', () => {
  it('refuses unknown fields and switches hot restart off', () => {
    expect(envoyArguments({ configPath: 'x.json', concurrency: 2 })).toEqual(
      expect.arrayContaining(['--reject-unknown-dynamic-fields', '--disable-hot-restart', '--concurrency', '2', '--drain-time-s', '30']),
    )
  })
})
