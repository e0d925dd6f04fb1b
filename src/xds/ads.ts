import { Code, ConnectError, createContextKey, createContextValues } from '@connectrpc/connect'
import type { ConnectRouter } from '@connectrpc/connect'
import { connectNodeAdapter } from '@connectrpc/connect-node'
import { AggregatedDiscoveryService } from '#gen/envoy/service/discovery/v3/ads_pb.js'
import type { DeltaDiscoveryRequest, DeltaDiscoveryResponse } from '#gen/envoy/service/discovery/v3/discovery_pb.js'
import type { Connection } from './connection.ts'
import { encode } from './encode.ts'
import { loadReports } from './load-reports.ts'
import { ProtocolError } from './stream.ts'
import { Turnstile } from './turnstile.ts'

/** Makes a connection for a new stream; the argument is the peer's address. */
export type Open = (address: string) => Connection

const peer = createContextKey('unknown', { description: 'address of the peer' })

/** Largest request that is read: about 100,000 names with their versions. */
const readMaxBytes = 16 << 20

/** Requests with more names wait for each other: hundreds of proxies that come back at once bring hundreds of them, milliseconds of work each. */
const manyNames = 100

const codes = {
  'invalid-argument': Code.InvalidArgument,
  'failed-precondition': Code.FailedPrecondition,
  'resource-exhausted': Code.ResourceExhausted,
} as const

/** The gRPC services: delta ADS, and load report streams that are held open until `closing`. */
export function adsHandler(open: Open, closing: AbortSignal): ReturnType<typeof connectNodeAdapter> {
  const turnstile = new Turnstile()
  return connectNodeAdapter({
    grpc: true,
    grpcWeb: false,
    connect: false,
    readMaxBytes,
    // Resources are serialized once for all streams; compressing them for each stream would undo that.
    compressMinBytes: Number.MAX_SAFE_INTEGER,
    contextValues: (request) => createContextValues().set(peer, addressOf(request.socket)),
    routes: (router: ConnectRouter) => {
      loadReports(router, closing)
      router.service(AggregatedDiscoveryService, {
        deltaAggregatedResources: (requests, context) => delta(requests, open(context.values.get(peer)), context.signal, turnstile),
        streamAggregatedResources: () => {
          throw new ConnectError('only the delta variant is served: set api_type: DELTA_GRPC in ads_config', Code.Unimplemented)
        },
      })
    },
  })
}

async function* delta(
  requests: AsyncIterable<DeltaDiscoveryRequest>,
  connection: Connection,
  signal: AbortSignal,
  turnstile: Turnstile,
): AsyncGenerator<DeltaDiscoveryResponse> {
  const abort = (): void => connection.end()
  signal.addEventListener('abort', abort)
  void read(requests, connection, turnstile)
  try {
    for await (const message of connection.messages()) yield encode(message)
  } catch (error) {
    throw error instanceof ProtocolError ? new ConnectError(error.message, codes[error.code]) : error
  } finally {
    signal.removeEventListener('abort', abort)
  }
}

/** Reads until the client has finished; a broken connection ends the stream like a finished one. */
async function read(requests: AsyncIterable<DeltaDiscoveryRequest>, connection: Connection, turnstile: Turnstile): Promise<void> {
  try {
    for await (const request of requests) {
      if (namesIn(request) > manyNames) await turnstile.enter()
      connection.receive(request)
    }
    connection.end()
  } catch (error) {
    connection.end(error instanceof Error ? error : new Error(String(error)))
  }
}

function namesIn({ resourceNamesSubscribe, initialResourceVersions }: DeltaDiscoveryRequest): number {
  return resourceNamesSubscribe.length + Object.keys(initialResourceVersions).length
}

function addressOf(socket: { readonly remoteAddress?: string | undefined; readonly remotePort?: number | undefined } | undefined): string {
  if (!socket?.remoteAddress) return 'unix'
  return socket.remoteAddress.includes(':') ? `[${socket.remoteAddress}]:${socket.remotePort}` : `${socket.remoteAddress}:${socket.remotePort}`
}
