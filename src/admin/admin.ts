import { chmod } from 'node:fs/promises'
import fastify, { type FastifyInstance } from 'fastify'
import { randomUUID } from 'node:crypto'
import { freeSocket } from '../lib/free-socket.ts'
import type { Tls } from '../xds/server.ts'
import { configRoute } from './config-view.ts'
import type { AdminContext } from './context.ts'
import { Culprits } from './culprits.ts'
import type { RejectionLine } from './describe-rejection.ts'
import { clientError, routerError, useErrorShape } from './errors.ts'
import { findingsRoute } from './findings.ts'
import { useGuard } from './guard.ts'
import { health } from './health.ts'
import { History } from './history.ts'
import { isLoopback } from './host-names.ts'
import { createMetrics } from './metrics.ts'
import { metricsRoute } from './metrics-route.ts'
import { observe } from './observe.ts'
import { proxyMetricsRoute } from './proxy-metrics-route.ts'
import { openapiRoute, useOpenapi } from './openapi.ts'
import type { AdminSource, EngineState } from './source.ts'
import { statusRoute } from './status-route.ts'

export interface AdminOptions {
  /** Whether the supervised proxy has accepted a configuration; leave it out when no proxy is supervised. */
  readonly ready?: () => Promise<boolean> | boolean
  /** State of the supervised proxy, for `/health/detailed` and `/api/v1/status`. */
  readonly engine?: () => EngineState | undefined
  /** Serves HTTPS; with `clientCa` only clients with a certificate signed by it are let in. */
  readonly tls?: Tls
  /** Allows plain HTTP beyond loopback: whoever reaches the port reads the configuration. */
  readonly insecure?: boolean
  /** Host names, besides loopback and the address itself, under which requests may come in. */
  readonly hosts?: readonly string[]
  /** Called once for each refusal by a proxy; the line is safe to print. */
  readonly onRejection?: (line: RejectionLine) => void
  /** Called for errors inside, of which callers are told nothing; default: a warning of the process. */
  readonly onError?: (error: Error) => void
}

/** Default address of the admin API. */
const adminAddress = { host: '127.0.0.1', port: 9900 } as const

type AdminListenOn = { readonly host?: string; readonly port?: number } | { readonly socket: string }

export interface Admin {
  readonly app: FastifyInstance
  /**
   * Opens a port (default 127.0.0.1:9900; 0 = any) or a unix socket (mode 0600) and returns its URL or path.
   * Throws for an address beyond loopback without TLS or `insecure`, and with the system's error, such as EADDRINUSE.
   */
  listen(on?: AdminListenOn): Promise<string>
  close(): Promise<void>
}

/** The HTTP API that shows the state of a control plane. It changes nothing and has no users: who reaches it may read it. */
export async function createAdmin(source: AdminSource, options: AdminOptions = {}): Promise<Admin> {
  const history = new History(source)
  const culprits = new Culprits(history)
  const metrics = createMetrics(source, history)
  const logError = options.onError ?? ((error) => process.emitWarning(error))
  const stop = observe(source, { history, culprits, metrics, onRejection: options.onRejection ?? (() => undefined), logError })
  const names = new Set(options.hosts?.map((name) => name.toLowerCase()))
  let overSocket = false
  const app = createApp(options.tls)
  useErrorShape(app, logError)
  useGuard(app, () => (overSocket ? undefined : names))
  await useOpenapi(app)
  const cx: AdminContext = { source, history, culprits, registry: metrics.registry, ready: options.ready, engine: options.engine, logError }
  for (const resource of [health, metricsRoute, proxyMetricsRoute, statusRoute, configRoute, findingsRoute]) await app.register(resource(cx))
  openapiRoute(app)
  return {
    app,
    async listen(on = adminAddress) {
      if ('socket' in on) {
        overSocket = true
        await freeSocket(on.socket)
        const path = await app.listen({ path: on.socket })
        await chmod(on.socket, 0o600)
        return path
      }
      const { host = adminAddress.host, port = adminAddress.port } = on
      refuseOpenPort(host, options)
      return app.listen({ host, port })
    },
    async close() {
      stop()
      metrics.close()
      await app.close()
    },
  }
}

function refuseOpenPort(host: string, { tls, insecure }: AdminOptions): void {
  if (isLoopback(host) || tls || insecure === true) return
  throw new Error(`the admin API would be open to the network on ${host}: give it a certificate, or allow it with --insecure`)
}

/** The bounds of every request. */
const bounds = { bodyLimit: 16_384, requestTimeout: 10_000, connectionTimeout: 30_000, keepAliveTimeout: 5_000, forceCloseConnections: true } as const

function createApp(tls: Tls | undefined): FastifyInstance {
  const common = {
    ...bounds,
    genReqId: () => `req_${randomUUID()}`,
    clientErrorHandler: clientError,
    frameworkErrors: routerError,
    logger: false,
  }
  const app = tls
    ? fastify({
        ...common,
        https: {
          key: tls.key,
          cert: tls.cert,
          minVersion: 'TLSv1.2' as const,
          ...(tls.clientCa === undefined ? {} : { ca: tls.clientCa, requestCert: true, rejectUnauthorized: true }),
        },
      })
    : fastify(common)
  app.server.maxConnections = 256
  return app as FastifyInstance
}
