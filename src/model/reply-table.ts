/** One kind of reply that the proxy makes itself. */
export interface Reply {
  readonly status: number | 'other'
  /** Response flags of the proxy, any of which must be set. https://www.envoyproxy.io/docs/envoy/latest/configuration/observability/access_log/usage */
  readonly flags?: readonly string[]
  /** Stable name for programs. */
  readonly code: string
  readonly title: string
  readonly detail: string
}

/** For a service that asked for 429 in the place of 503 when it is overloaded; programs see the same code. */
export const overloaded429: Reply = {
  status: 429,
  flags: ['UO'],
  code: 'service-overloaded',
  title: 'Too Many Requests',
  detail: 'The service takes no more requests at the moment.',
}

/** The first row that fits is used, so rows with flags stand before the plain row of their status. */
export const replies: readonly Reply[] = [
  { status: 429, code: 'too-many-requests', title: 'Too Many Requests', detail: 'The limit for this caller or route is used up; try again later.' },
  { status: 401, code: 'unauthorized', title: 'Unauthorized', detail: 'This route needs valid credentials.' },
  { status: 403, code: 'forbidden', title: 'Forbidden', detail: 'The caller may not use this route.' },
  { status: 404, flags: ['NR'], code: 'route-not-found', title: 'Not Found', detail: 'No route of this gateway takes this host, path and method.' },
  { status: 404, code: 'not-found', title: 'Not Found', detail: 'There is nothing here.' },
  {
    status: 503,
    flags: ['UO'],
    code: 'service-overloaded',
    title: 'Service Unavailable',
    detail: 'The service takes no more requests at the moment.',
  },
  { status: 503, flags: ['UH'], code: 'no-healthy-endpoint', title: 'Service Unavailable', detail: 'No endpoint of the service is healthy.' },
  { status: 503, flags: ['UF'], code: 'endpoint-unreachable', title: 'Service Unavailable', detail: 'The connection to the service failed.' },
  {
    status: 503,
    flags: ['UC', 'UR', 'LR', 'URX', 'UPE'],
    code: 'endpoint-reset',
    title: 'Service Unavailable',
    detail: 'The service broke the connection before it answered.',
  },
  { status: 503, flags: ['NC'], code: 'service-unknown', title: 'Service Unavailable', detail: 'The service of this route is not loaded.' },
  {
    status: 503,
    flags: ['OM'],
    code: 'gateway-overloaded',
    title: 'Service Unavailable',
    detail: 'The gateway takes no more requests at the moment.',
  },
  { status: 503, code: 'service-unavailable', title: 'Service Unavailable', detail: 'The service cannot be reached at the moment.' },
  { status: 504, flags: ['UT', 'DT'], code: 'service-timeout', title: 'Gateway Timeout', detail: 'The service did not answer in time.' },
  { status: 504, code: 'gateway-timeout', title: 'Gateway Timeout', detail: 'The answer did not come in time.' },
  { status: 502, code: 'bad-gateway', title: 'Bad Gateway', detail: 'The service gave an answer that is not valid HTTP.' },
  { status: 500, code: 'internal-error', title: 'Internal Server Error', detail: 'The gateway could not process the request.' },
  { status: 501, code: 'not-implemented', title: 'Not Implemented', detail: 'The gateway does not support this kind of request.' },
  {
    status: 400,
    code: 'bad-request',
    title: 'Bad Request',
    detail: 'The gateway does not accept this request: its path, headers or framing are not valid.',
  },
  { status: 405, code: 'method-not-allowed', title: 'Method Not Allowed', detail: 'The path exists, but not with this method.' },
  { status: 408, code: 'request-timeout', title: 'Request Timeout', detail: 'The request did not arrive in time.' },
  { status: 413, code: 'content-too-large', title: 'Content Too Large', detail: 'The request body is larger than this route takes.' },
  { status: 415, code: 'unsupported-media-type', title: 'Unsupported Media Type', detail: 'This route does not take this content type.' },
  { status: 426, code: 'upgrade-required', title: 'Upgrade Required', detail: 'The gateway needs HTTP/1.1 or HTTP/2.' },
  { status: 431, code: 'headers-too-large', title: 'Request Header Fields Too Large', detail: 'The request has too many or too large headers.' },
  { status: 'other', code: 'error', title: 'Error', detail: 'The gateway did not pass this request on.' },
]

/** The code of the reply with a status when no flag tells more about it. */
export function codeOfStatus(status: number): string {
  return replies.find((reply) => reply.status === status && !reply.flags)?.code ?? 'error'
}
