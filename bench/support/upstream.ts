import { freePort } from '../../test/support/free-port.ts'
import { type BenchEnvoy, startEnvoy } from './envoy.ts'

/** Upstreams that answer 200 at once. They are ports of one Envoy on CPU 0, because nothing that we have at hand costs less per request. */
export interface Upstreams {
  readonly ports: readonly number[]
  readonly envoy: BenchEnvoy
}

export async function startUpstreams(count: number): Promise<Upstreams> {
  const ports: number[] = []
  while (ports.length < count) ports.push(await freePort())
  const listeners = ports.map((port) => ({
    name: `upstream-${port}`,
    address: { socket_address: { address: '127.0.0.1', port_value: port } },
    filter_chains: [{ filters: [{ name: 'http', typed_config: manager }] }],
  }))
  const bootstrap = (path: string): string => JSON.stringify({ admin: { address: { pipe: { path } } }, static_resources: { listeners } })
  return { ports, envoy: await startEnvoy({ bootstrap, cpu: 0 }) }
}

const manager = {
  '@type': 'type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager',
  stat_prefix: 'upstream',
  generate_request_id: false,
  route_config: {
    virtual_hosts: [
      {
        name: 'all',
        domains: ['*'],
        routes: [
          {
            match: { prefix: '/' },
            direct_response: { status: 200, body: { inline_string: '{"ok":true,"padding":"0123456789012345678901234567890123456789"}' } },
          },
        ],
      },
    ],
  },
  http_filters: [{ name: 'router', typed_config: { '@type': 'type.googleapis.com/envoy.extensions.filters.http.router.v3.Router' } }],
}
