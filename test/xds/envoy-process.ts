import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { Agent, createServer, request } from 'node:http'
import { createServer as createTcp } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { installEnvoy } from '../../src/engine/install.ts'

/** A running Envoy of the tests. */
export interface TestEnvoy extends AsyncDisposable {
  /** What it has logged so far. */
  log(): string
}

/** Starts the pinned Envoy with everything dynamic over delta ADS from `xdsPort`. */
export async function startEnvoy(xdsPort: number, id: string): Promise<TestEnvoy> {
  const { path } = await installEnvoy()
  const dir = await mkdtemp(join(tmpdir(), 'xds-envoy-'))
  const config = join(dir, 'envoy.json')
  await writeFile(config, JSON.stringify(bootstrap(xdsPort, id)))
  const child = spawn(path, ['-c', config, '--concurrency', '1', '--disable-hot-restart', '--log-path', join(dir, 'log'), '-l', 'warning'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let log = ''
  child.stderr.on('data', (chunk: Buffer) => (log += chunk.toString()))
  const gone = once(child, 'exit')
  return {
    log: () => log,
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL')
      await gone
      log += await readFile(join(dir, 'log'), 'utf8').catch(() => '')
      await rm(dir, { recursive: true, force: true })
    },
  }
}

function bootstrap(port: number, id: string): object {
  const source = { ads: {}, resource_api_version: 'V3', initial_fetch_timeout: '0s' }
  const options = { explicit_http_config: { http2_protocol_options: { connection_keepalive: { interval: '2s', timeout: '2s' } } } }
  return {
    node: { id, cluster: 'test' },
    dynamic_resources: {
      ads_config: {
        api_type: 'DELTA_GRPC',
        transport_api_version: 'V3',
        grpc_services: [{ envoy_grpc: { cluster_name: 'xds', retry_policy: { retry_back_off: { base_interval: '0.1s', max_interval: '1s' } } } }],
      },
      cds_config: source,
      lds_config: source,
    },
    static_resources: {
      clusters: [
        {
          name: 'xds',
          connect_timeout: '1s',
          type: 'STATIC',
          typed_extension_protocol_options: {
            'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
              '@type': 'type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions',
              ...options,
            },
          },
          load_assignment: {
            cluster_name: 'xds',
            endpoints: [{ lb_endpoints: [{ endpoint: { address: { socket_address: { address: '127.0.0.1', port_value: port } } } }] }],
          },
        },
      ],
    },
    deferred_stat_options: { enable_deferred_creation_stats: true },
    layered_runtime: { layers: [{ name: 'gw', rtds_layer: { name: 'gw', rtds_config: source } }] },
  }
}

/** An HTTP server that answers 200 to everything. */
export async function startBackend(): Promise<{ readonly port: number } & AsyncDisposable> {
  const server = createServer((_, response) => response.end('ok')).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** A TCP server that takes connections and never says a word: a health check against it hangs. */
export async function startMute(): Promise<{ readonly port: number } & AsyncDisposable> {
  const server = createTcp((socket) => socket.on('error', () => socket.destroy())).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      server.close()
    },
  }
}

const agent = new Agent({ keepAlive: true, maxSockets: 8 })

/** Status of a GET, or 0 when there is no answer. */
export function get(port: number, path: string): Promise<number> {
  return new Promise((resolve) => {
    const asked = request({ host: '127.0.0.1', port, path, agent, timeout: 60_000 }, (response) => {
      response.resume()
      response.on('end', () => resolve(response.statusCode ?? 0))
    })
    asked.on('error', () => resolve(0))
    asked.on('timeout', () => asked.destroy())
    asked.end()
  })
}

/** Asks until the status comes; every status seen on the way. */
export async function getUntil(port: number, path: string, status: number, timeoutMs = 120_000): Promise<number[]> {
  const seen: number[] = []
  for (const end = Date.now() + timeoutMs; Date.now() < end;) {
    const got = await get(port, path)
    seen.push(got)
    if (got === status) return seen
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
  throw new Error(`${path} did not answer ${status} within ${timeoutMs} ms; seen: ${[...new Set(seen)].join(', ')}`)
}

/** Asks over and over with four hands until stopped; the result counts answers by status. */
export function startLoad(port: number, path: string): () => Promise<Record<number, number>> {
  const counts: Record<number, number> = {}
  let running = true
  const hands = Array.from({ length: 4 }, async () => {
    while (running) {
      const status = await get(port, path)
      counts[status] = (counts[status] ?? 0) + 1
    }
  })
  return async () => {
    running = false
    await Promise.all(hands)
    return counts
  }
}
