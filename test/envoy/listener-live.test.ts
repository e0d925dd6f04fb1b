import { create } from '@bufbuild/protobuf'
import { beforeAll, describe, expect, it } from 'vitest'
import { RouteConfigurationSchema } from '#gen/envoy/config/route/v3/route_pb.js'
import { ClusterSchema } from '#gen/envoy/config/cluster/v3/cluster_pb.js'
import { emitListener } from '../../src/envoy/listener.ts'
import { toResource } from '../../src/envoy/resource.ts'
import { baseExtensions } from '../../src/envoy/slots.ts'
import { staticBootstrap } from '../../src/envoy/static-bootstrap.ts'
import type { Listener } from '../../src/model/gateway.ts'
import { type Echo, startEcho } from '../support/echo.ts'
import { startEnvoy, type TestEnvoy } from '../support/envoy.ts'
import { freePort } from '../support/free-port.ts'
import { send } from '../support/http.ts'

let echo: Echo
let envoy: TestEnvoy
let port: number

beforeAll(async () => {
  echo = await startEcho()
  port = await freePort()
  const listener: Listener = { kind: 'listener', name: 'public', address: '127.0.0.1', port, trustedHops: 0, errorFormat: 'json', policies: {} }
  const cluster = create(ClusterSchema, {
    name: 'echo',
    loadAssignment: {
      clusterName: 'echo',
      endpoints: [
        {
          lbEndpoints: [
            {
              hostIdentifier: {
                case: 'endpoint',
                value: {
                  address: {
                    address: { case: 'socketAddress', value: { address: '127.0.0.1', portSpecifier: { case: 'portValue', value: echo.port } } },
                  },
                },
              },
            },
          ],
        },
      ],
    },
  })
  const routes = create(RouteConfigurationSchema, {
    name: 'public',
    virtualHosts: [
      {
        name: 'all',
        domains: ['*'],
        routes: [
          {
            match: { pathSpecifier: { case: 'prefix', value: '/echo' } },
            action: { case: 'route', value: { clusterSpecifier: { case: 'cluster', value: 'echo' } } },
          },
        ],
      },
    ],
  })
  const resources = [
    emitListener(listener),
    ...baseExtensions(),
    toResource({ type: 'cluster', name: 'echo' }, ClusterSchema, cluster),
    toResource({ type: 'routes', name: 'public' }, RouteConfigurationSchema, routes),
  ]
  envoy = await startEnvoy({ bootstrap: (path) => staticBootstrap(resources, { nodeId: 'n', nodeCluster: 'c', admin: { type: 'pipe', path } }) })
})

describe('the emitted listener on a real Envoy', () => {
  it('serves', async () => {
    const reply = await send(port, '/echo/1')
    expect(reply.status).toBe(200)
    console.log(reply.body, (await send(port, '/nope')).body, envoy.output())
  })
})
