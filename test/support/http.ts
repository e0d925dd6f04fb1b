import { type IncomingHttpHeaders, request, type RequestOptions } from 'node:http'

export interface Reply {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

export interface Call extends Pick<RequestOptions, 'method' | 'agent' | 'socketPath'> {
  readonly headers?: Record<string, string | string[]>
  readonly body?: string
  readonly timeoutMs?: number
}

/** One HTTP/1.1 request to 127.0.0.1 (or a unix socket) with the path exactly as given: no normalisation on the client's side. */
export function send(port: number, path: string, call: Call = {}): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const { body, timeoutMs = 10_000, ...options } = call
    const sent = request({ host: '127.0.0.1', port, path, agent: false, ...options, signal: AbortSignal.timeout(timeoutMs) }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks).toString() }))
    })
    sent.on('error', reject)
    sent.end(body)
  })
}
