import { request } from 'node:http'

/** Envoy's admin interface on a unix socket. https://www.envoyproxy.io/docs/envoy/latest/operations/admin */
export interface EnvoyAdmin {
  /** Rejects when nothing answers within `timeoutMs`, default 2 s. */
  call(method: 'GET' | 'POST', path: string, timeoutMs?: number): Promise<{ readonly status: number; readonly body: string }>
  /** True when Envoy has its first configuration and is not draining. */
  ready(): Promise<boolean>
  /** Requests of clients in progress, on all listeners. */
  activeRequests(): Promise<number>
}

export function envoyAdmin(socketPath: string): EnvoyAdmin {
  const call: EnvoyAdmin['call'] = (method, path, timeoutMs = 2000) =>
    new Promise((resolve, reject) => {
      const sent = request({ socketPath, method, path, agent: false, signal: AbortSignal.timeout(timeoutMs) }, (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('error', reject)
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString() }))
      })
      sent.on('error', reject)
      sent.end()
    })
  return {
    call,
    // While Envoy starts or dies nobody listens on the socket: not ready, and no error.
    ready: () =>
      call('GET', '/ready').then(
        (reply) => reply.status === 200,
        () => false,
      ),
    activeRequests: async () => {
      const { body } = await call('GET', '/stats?filter=^http\\..*downstream_rq_active$')
      return body
        .split('\n')
        .filter((line) => line !== '' && !line.startsWith('http.admin.'))
        .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(':') + 1)), 0)
    },
  }
}
