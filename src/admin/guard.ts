import type { FastifyInstance, FastifyRequest } from 'fastify'
import { closingHeaders } from './closing-headers.ts'
import { refuse } from './errors.ts'
import { hostAccepted } from './host-names.ts'

/** Longest URL that is looked at, in characters. */
const maxUrl = 2_048

/**
 * What every request has to pass. The Host check is against DNS rebinding: a web page whose name was made to point at 127.0.0.1 still sends its own name.
 * `names` are further accepted host names; undefined switches the check off (a unix socket cannot be reached by a browser).
 */
export function useGuard(app: FastifyInstance, names: () => ReadonlySet<string> | undefined): void {
  app.addHook('onRequest', async (request, reply) => {
    reply.headers(closingHeaders)
    if (request.url.length > maxUrl)
      return refuse(request, reply, { status: 414, code: 'URL_TOO_LONG', title: 'URL too long', detail: `At most ${maxUrl} characters.` })
    const accepted = names()
    if (!accepted || hostAccepted(hostHeader(request), accepted, request.socket.localAddress)) return undefined
    const detail = 'The Host header names none of the addresses of this API; add the name to its accepted hosts if it is right.'
    return refuse(request, reply, { status: 421, code: 'UNKNOWN_HOST', title: 'Unknown host', detail })
  })
}

function hostHeader(request: FastifyRequest): string | undefined {
  return request.raw.headers.host
}
