import { type IncomingHttpHeaders, request as plainRequest, type RequestOptions } from 'node:http'
import { request as tlsRequest } from 'node:https'

export interface Reply {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

export interface Call extends Pick<RequestOptions, 'method' | 'agent' | 'socketPath'> {
  readonly headers?: Record<string, string | string[]>
  readonly body?: string
  readonly timeoutMs?: number
  /** Speak TLS, ask for this name, and take any certificate. */
  readonly tlsName?: string
}

/** One HTTP/1.1 request to 127.0.0.1 (or a unix socket) with the path exactly as given: no normalisation on the client's side. */
export function send(port: number, path: string, call: Call = {}): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const { body, timeoutMs = 60_000, tlsName, ...options } = call
    const request = tlsName === undefined ? plainRequest : tlsRequest
    const tls = tlsName === undefined ? {} : { servername: tlsName, rejectUnauthorized: false }
    const sent = request({ host: '127.0.0.1', port, path, agent: false, ...tls, ...options, signal: AbortSignal.timeout(timeoutMs) }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks).toString() }))
    })
    // A switch of protocols is answered, and then left.
    sent.on('upgrade', (response, socket) => {
      socket.destroy()
      resolve({ status: response.statusCode ?? 0, headers: response.headers, body: '' })
    })
    sent.on('error', reject)
    sent.end(body)
  })
}
