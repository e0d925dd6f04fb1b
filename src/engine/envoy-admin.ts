import { type IncomingMessage, request } from 'node:http'

/** Envoy's admin interface on a unix socket. https://www.envoyproxy.io/docs/envoy/latest/operations/admin */
export interface EnvoyAdmin {
  /** Rejects when nothing answers within `timeoutMs`, default 2 s. */
  call(method: 'GET' | 'POST', path: string, timeoutMs?: number): Promise<{ readonly status: number; readonly body: string }>
  /** A page in pieces, for long ones. Throws when it is not there, or not whole within `timeoutMs`. */
  read(path: string, timeoutMs: number): AsyncIterable<string>
  /** True when Envoy has its first configuration and is not draining. */
  ready(): Promise<boolean>
  /** Requests of clients in progress, on all listeners. */
  activeRequests(): Promise<number>
}

export function envoyAdmin(socketPath: string): EnvoyAdmin {
  const open = (method: 'GET' | 'POST', path: string, timeoutMs: number): Promise<IncomingMessage> =>
    new Promise((resolve, reject) => {
      const sent = request({ socketPath, method, path, agent: false, signal: AbortSignal.timeout(timeoutMs) }, resolve)
      sent.on('error', reject)
      sent.end()
    })
  const call: EnvoyAdmin['call'] = async (method, path, timeoutMs = 2000) => {
    const response = await open(method, path, timeoutMs)
    const chunks: Buffer[] = []
    for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk)
    return { status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString() }
  }
  const read = async function* (path: string, timeoutMs: number): AsyncGenerator<string> {
    const response = await open('GET', path, timeoutMs)
    if (response.statusCode !== 200) {
      response.destroy()
      throw new Error(`Envoy answers ${path} with status ${response.statusCode}`)
    }
    yield* response.setEncoding('utf8') as AsyncIterable<string>
  }
  return {
    call,
    read,
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
