/** A moment of a request (or of a worker) in which features run, and the directive that calls it. */
interface Phase {
  readonly name: PhaseName
  readonly directive: string
  /** Features in their order; each line says why it stands there. */
  readonly order: readonly (readonly [feature: string, reason: string])[]
}

type PhaseName = 'certificate' | 'action' | 'target' | 'request' | 'attempt' | 'response' | 'done' | 'watch'

/** The Lua phases in the order of a request. A feature that is not listed has no part in Lua beyond its data. */
export const phases: readonly Phase[] = [
  {
    name: 'certificate',
    directive: 'ssl_certificate_by_lua_block',
    order: [['listener-tls', 'the only one: a certificate is chosen before there is a request']],
  },
  {
    name: 'action',
    directive: 'access_by_lua_block',
    order: [
      ['cors', 'a preflight is answered before anything that the request itself would meet'],
      ['fault', 'an injected fault is over before anything counts or measures the request'],
      ['redirect', 'answers at once: nothing that concerns a service may run for it'],
      ['respond', 'the same; a route has one action, so their order does not matter'],
    ],
  },
  {
    name: 'target',
    directive: 'access_by_lua_block',
    order: [
      ['canary', 'takes requests away from the one target of a route'],
      ['split', 'chooses among several; a route has either one or several'],
    ],
  },
  {
    name: 'request',
    directive: 'access_by_lua_block',
    order: [
      ['websocket', 'a page that may not ask is refused before anything is counted'],
      ['circuit-breaker', 'a service that rests takes nothing, not even a place'],
      ['health-check', 'notes the first request of a service'],
      ['caps', 'a request that is too much is refused before any work is done for it'],
      ['body-limit', 'a body that is too large is refused before it is read'],
      ['headers', 'sees the request as the client sent it'],
      ['query', 'after everything that looks at the parameters of the client, before what looks at those of the service'],
      ['rewrite', 'after everything that looks at the path'],
      ['balancing', 'reads its key from the request that the client sent'],
      ['sticky', 'after the breaker, which may choose another service; it only notes an endpoint'],
      ['timeouts', 'the clock of the whole request starts when it is about to leave'],
      ['upstream-tls', 'it only notes the name for the handshake'],
      ['mirror', 'last: copies the request as the service will see it'],
    ],
  },
  {
    name: 'attempt',
    directive: 'balancer_by_lua_block',
    order: [
      ['retry', 'decides whether there is another attempt at all'],
      ['timeouts', 'gives the attempt what is left of the time'],
    ],
  },
  {
    name: 'response',
    directive: 'header_filter_by_lua_block',
    order: [
      ['cors', 'takes away what the service says about other origins, as early as Envoy does'],
      ['sticky', 'adds its cookie to those of the service, so that a route may still remove it'],
      ['api-version', 'what callers should know of the version, unless the route says otherwise'],
      ['headers', 'what the route says of single headers'],
      ['security-headers', 'fills in what neither the service nor the route has said, or has the last word'],
      ['compression', 'looks at the answer as the client will see it'],
    ],
  },
  {
    name: 'done',
    directive: 'log_by_lua_block',
    order: [
      ['caps', 'gives its place back whatever happened'],
      ['outlier-detection', 'counts the outcome of every attempt'],
      ['circuit-breaker', 'the same, for the service as a whole'],
    ],
  },
  {
    name: 'watch',
    directive: 'init_worker_by_lua_block',
    order: [
      ['health-check', 'asks endpoints from a timer, in one worker at a time'],
      ['outlier-detection', 'compares the endpoints of a service once in each interval'],
    ],
  },
]

/** Feature names by phase, as the Lua runtime wants them. */
export function phaseOrder(): Readonly<Record<string, readonly string[]>> {
  return Object.fromEntries(phases.map(({ name, order }) => [name, order.map(([feature]) => feature)]))
}
