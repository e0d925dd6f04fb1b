import { create, type DescMessage, getOption, hasOption, type Message, type MessageInitShape } from '@bufbuild/protobuf'
import { describe, expect, it } from 'vitest'
import { BootstrapSchema } from '#gen/envoy/config/bootstrap/v3/bootstrap_pb.js'
import { type Cluster_LbPolicy, ClusterSchema } from '#gen/envoy/config/cluster/v3/cluster_pb.js'
import { ClusterLoadAssignmentSchema } from '#gen/envoy/config/endpoint/v3/endpoint_pb.js'
import { ListenerSchema } from '#gen/envoy/config/listener/v3/listener_pb.js'
import { RouteConfigurationSchema } from '#gen/envoy/config/route/v3/route_pb.js'
import { BufferPerRouteSchema, BufferSchema } from '#gen/envoy/extensions/filters/http/buffer/v3/buffer_pb.js'
import { HttpProtocolOptionsSchema } from '#gen/envoy/extensions/upstreams/http/v3/http_protocol_options_pb.js'
import { rules as fieldRules } from '#gen/validate/validate_pb.js'
import { validateWithEnvoy } from '../../src/engine/validate.ts'
import { installEnvoy } from '../../src/engine/install.ts'
import { any } from '../../src/envoy/any.ts'
import { bootstrapText } from '../../src/envoy/bootstrap.ts'
import { duration } from '../../src/envoy/duration.ts'
import { violations } from '../../src/envoy/pgv.ts'
import { typeRegistry } from '../../src/envoy/type-registry.ts'

type ClusterInit = Exclude<MessageInitShape<typeof ClusterSchema>, Message>

const clusters: readonly { name: string; init: ClusterInit; path: string; message: string }[] = [
  { name: 'an empty name', init: { name: '' }, path: 'name', message: 'must have at least 1 character' },
  {
    name: 'a connect timeout of nothing',
    init: { name: 'a', connectTimeout: duration(0) },
    path: 'connect_timeout',
    message: 'must be greater than 0s',
  },
  {
    name: 'an enum value that does not exist',
    init: { name: 'a', lbPolicy: 77 as Cluster_LbPolicy },
    path: 'lb_policy',
    message: 'must be a value of envoy.config.cluster.v3.Cluster.LbPolicy',
  },
  {
    name: 'a port above 65535',
    init: {
      name: 'a',
      loadAssignment: {
        clusterName: 'a',
        endpoints: [
          {
            lbEndpoints: [
              {
                hostIdentifier: {
                  case: 'endpoint',
                  value: {
                    address: {
                      address: { case: 'socketAddress', value: { address: '127.0.0.1', portSpecifier: { case: 'portValue', value: 70_000 } } },
                    },
                  },
                },
              },
            ],
          },
        ],
      },
    },
    path: 'load_assignment.endpoints[0].lb_endpoints[0].endpoint.address.socket_address.port_value',
    message: 'must be at most 65535',
  },
  {
    name: 'a weight of nothing (a wrapper)',
    init: {
      name: 'a',
      loadAssignment: {
        clusterName: 'a',
        endpoints: [{ lbEndpoints: [{ loadBalancingWeight: 0, hostIdentifier: { case: 'endpointName', value: 'x' } }] }],
      },
    },
    path: 'load_assignment.endpoints[0].lb_endpoints[0].load_balancing_weight',
    message: 'must be at least 1',
  },
  {
    name: 'a health check without the field that it needs',
    init: { name: 'a', healthChecks: [{ timeout: duration(100), interval: duration(100), healthyThreshold: 1, unhealthyThreshold: 1 }] },
    path: 'health_checks[0]',
    message: 'needs one of http_health_check, tcp_health_check, grpc_health_check, custom_health_check',
  },
  {
    name: 'a health check without a timeout',
    init: {
      name: 'a',
      healthChecks: [{ interval: duration(100), healthyThreshold: 1, unhealthyThreshold: 1, healthChecker: { case: 'tcpHealthCheck', value: {} } }],
    },
    path: 'health_checks[0].timeout',
    message: 'is required',
  },
  {
    name: 'a percentage above 100',
    init: { name: 'a', outlierDetection: { maxEjectionPercent: 101 } },
    path: 'outlier_detection.max_ejection_percent',
    message: 'must be at most 100',
  },
  {
    name: 'an HTTP option inside an Any',
    init: {
      name: 'a',
      typedExtensionProtocolOptions: { 'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': any(HttpProtocolOptionsSchema, {}) },
    },
    path: 'typed_extension_protocol_options["envoy.extensions.upstreams.http.v3.HttpProtocolOptions"]',
    message: 'needs one of explicit_http_config, use_downstream_protocol_config, auto_config',
  },
]

describe('PGV rules', () => {
  it('accept a good cluster', () => {
    expect(violations(ClusterSchema, create(ClusterSchema, { name: 'a', connectTimeout: duration(250) }))).toEqual([])
  })

  for (const { name, init, path, message } of clusters) {
    it(`find ${name}, which the real Envoy refuses too`, async () => {
      expect(violations(ClusterSchema, create(ClusterSchema, init))).toContainEqual({ path, message })
      const { path: binary } = await installEnvoy()
      const verdict = await validateWithEnvoy(binary, bootstrapText({ staticResources: { clusters: [init] } }))
      expect(verdict).toMatchObject({ ok: false, message: expect.stringContaining('Proto constraint validation failed') as string })
    })
  }

  it.each<[string, DescMessage, Message, string]>([
    [
      'a header name with a line break',
      RouteConfigurationSchema,
      create(RouteConfigurationSchema, { requestHeadersToRemove: ['a\nb'] }),
      'request_headers_to_remove[0]',
    ],
    [
      'a header value with a line break',
      RouteConfigurationSchema,
      create(RouteConfigurationSchema, { responseHeadersToAdd: [{ header: { key: 'a', value: 'x\r\ny' } }] }),
      'response_headers_to_add[0].header.value',
    ],
    [
      'a virtual host without domains',
      RouteConfigurationSchema,
      create(RouteConfigurationSchema, { virtualHosts: [{ name: 'v' }] }),
      'virtual_hosts[0].domains',
    ],
    [
      'a route without a match',
      RouteConfigurationSchema,
      create(RouteConfigurationSchema, { virtualHosts: [{ name: 'v', domains: ['*'], routes: [{}] }] }),
      'virtual_hosts[0].routes[0].match',
    ],
    [
      'a per-route message inside an Any',
      RouteConfigurationSchema,
      create(RouteConfigurationSchema, {
        typedPerFilterConfig: { buffer: any(BufferPerRouteSchema, { override: { case: 'buffer', value: create(BufferSchema) } }) },
      }),
      'typed_per_filter_config["buffer"].buffer.max_request_bytes',
    ],
    ['endpoints without the name of their cluster', ClusterLoadAssignmentSchema, create(ClusterLoadAssignmentSchema, {}), 'cluster_name'],
    ['a listener filter without a name', ListenerSchema, create(ListenerSchema, { listenerFilters: [{}] }), 'listener_filters[0].name'],
  ])('find %s', (_, schema, message, path) => {
    expect(violations(schema, message).map((violation) => violation.path)).toContain(path)
  })

  it('are all known: no rule of the generated types is skipped', () => {
    let fields = 0
    for (const type of typeRegistry()) {
      if (type.kind !== 'message') continue
      violations(type, create(type))
      fields += type.fields.filter((field) => hasOption(field, fieldRules) && getOption(field, fieldRules).type.case !== undefined).length
    }
    expect(fields).toBeGreaterThan(400)
  })

  it('check 10,000 clusters for the price of building them a few times', () => {
    const options = any(HttpProtocolOptionsSchema, {
      upstreamProtocolOptions: { case: 'explicitHttpConfig', value: { protocolConfig: { case: 'httpProtocolOptions', value: {} } } },
    })
    const start = process.cpuUsage()
    const many = Array.from({ length: 10_000 }, (_, index) =>
      create(ClusterSchema, {
        name: `c${index}`,
        connectTimeout: duration(250),
        typedExtensionProtocolOptions: { 'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': options },
      }),
    )
    const built = process.cpuUsage(start)
    const begin = process.cpuUsage()
    const found = many.flatMap((cluster) => violations(ClusterSchema, cluster))
    const checked = process.cpuUsage(begin)
    expect(found).toEqual([])
    // About three times as much; CPU of the same machine, so that a slow one is no other.
    expect(checked.user + checked.system).toBeLessThan(20 * (built.user + built.system))
  })

  it('accept an empty bootstrap', () => {
    expect(violations(BootstrapSchema, create(BootstrapSchema))).toEqual([])
  })
})
