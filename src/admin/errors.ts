import { randomUUID } from 'node:crypto'
import type { Socket } from 'node:net'
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { closingHeaders } from './closing-headers.ts'
import { errors, type Problem } from './reply.ts'

/** Every reply that is no success has one shape, and what went wrong inside is told to the log, not to the caller. */
export function useErrorShape(app: FastifyInstance, logError: (error: Error) => void): void {
  app.setErrorHandler((error: FastifyError, request, reply) => {
    const status = error.statusCode ?? 500
    if (status >= 500) logError(error)
    return refuse(request, reply, fromStatus(status))
  })
  app.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?', 1)[0] ?? ''
    if (app.hasRoute({ method: 'GET', url: path })) {
      reply.header('allow', 'GET, HEAD')
      return refuse(request, reply, { status: 405, code: 'METHOD_NOT_ALLOWED', title: 'Method not allowed', detail: 'This resource is only read.' })
    }
    return refuse(request, reply, fromStatus(404))
  })
}

/** What the router refuses before any hook runs, such as an escape in the URL that is none. */
export function routerError(error: Error & { statusCode?: number }, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  return refuse(request, reply.headers(closingHeaders), fromStatus(error.statusCode ?? 400))
}

/** Sends one problem. */
export function refuse(request: FastifyRequest, reply: FastifyReply, problem: Problem): FastifyReply {
  return reply
    .code(problem.status)
    .type('application/json; charset=utf-8')
    .send(errors(request, [problem]))
}

const known: Readonly<Record<number, Omit<Problem, 'status'>>> = {
  400: { code: 'BAD_REQUEST', title: 'Bad request', detail: 'The request is not well formed.' },
  404: { code: 'NOT_FOUND', title: 'Not found', detail: 'There is nothing here; GET /openapi.json lists what there is.' },
  413: { code: 'BODY_TOO_LARGE', title: 'Body too large', detail: 'The admin API takes no bodies of this size.' },
  414: { code: 'URL_TOO_LONG', title: 'URL too long', detail: 'The URL is longer than anything here.' },
  415: { code: 'UNSUPPORTED_MEDIA_TYPE', title: 'Unsupported media type', detail: 'The admin API does not read bodies of this type.' },
}

/** The words come from here, never from an error's message, which may quote what nobody should see. */
function fromStatus(status: number): Problem {
  const words = known[status] ?? (status < 500 ? known[400] : undefined)
  return words
    ? { status, ...words }
    : { status: 500, code: 'INTERNAL', title: 'Internal error', detail: 'The log has more about it, under this request id.' }
}

/** What the HTTP parser refuses never becomes a request; it gets the same shape. */
export function clientError(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy()
  const [line, problem] =
    error.code === 'HPE_HEADER_OVERFLOW'
      ? [
          '431 Request Header Fields Too Large',
          { status: '431', code: 'HEADERS_TOO_LARGE', title: 'Headers too large', detail: 'URL and headers are too long.' },
        ]
      : error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
        ? ['408 Request Timeout', { status: '408', code: 'TIMEOUT', title: 'Timeout', detail: 'The request did not arrive in time.' }]
        : ['400 Bad Request', { status: '400', ...known[400] }]
  const id = randomUUID()
  const body = JSON.stringify({
    errors: [{ id: `error_${id}`, ...(problem as object), meta: { timestamp: new Date().toISOString(), requestId: `req_${id}` } }],
  })
  const head = `HTTP/1.1 ${line}\r\ncontent-type: application/json; charset=utf-8\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n`
  socket.end(head + body)
}
