import type { Json, NginxParts } from '../../nginx/parts.ts'
import type { HealthCheck, Question } from './model.ts'

/** One worker of a node asks, and tells the others. */
export const nginx: NginxParts<HealthCheck> = {
  state: ({ question, ...times }, node) => {
    const tls = node.policies['upstream-tls'] === undefined ? {} : { tls: question.type === 'http' ? question.host : node.name }
    return { ...times, ...tls, question: questionData(question) }
  },
  *support({ question }, node) {
    if (node.kind !== 'service') return
    if (question.type === 'grpc' && node.policies['upstream-tls'] !== undefined) {
      yield {
        kind: 'refused',
        message: 'nginx cannot ask by the gRPC health protocol over TLS: its Lua cannot agree on HTTP/2 in the handshake',
        path: ['healthCheck', 'grpc'],
        side: 'key',
        help: 'use `tcp: {}`, or `outlierDetection`, which looks at the answers to real requests',
      }
      return
    }
    if (question.type === 'http' && node.protocol === 'grpc') {
      yield {
        kind: 'refused',
        message: `nginx asks for health over HTTP/1.1, which a gRPC service such as ${node.name} does not speak`,
        path: ['healthCheck'],
        help: 'use `grpc: {}`, or `tcp: {}`',
      }
    }
    if (node.policies['upstream-tls'] !== undefined) {
      yield {
        kind: 'note',
        message: `health checks of service ${node.name} use TLS without verifying the certificate; requests verify it`,
        path: ['healthCheck'],
      }
    }
  },
}

/** What to send and what must come back. The schema lets no line break into path, host or headers. */
function questionData(question: Question): Json {
  if (question.type !== 'http') return { ...question }
  const { method, path, host, headers, expect, body } = question
  const all = { host, 'user-agent': 'sluice-health-check', connection: 'close', ...headers }
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`)
  return { type: 'http', method, send: `${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n`, expect, ...(body === undefined ? {} : { body }) }
}
