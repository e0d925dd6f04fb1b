export const get = (path: string, ...lines: string[]): string =>
  ['GET', path].join(' ') + [' HTTP/1.1', 'host: a.test', ...lines, '', ''].join('\r\n')
export const post = (path: string, body: string, ...lines: string[]): string =>
  `POST ${path} HTTP/1.1\r\nhost: a.test\r\n${lines.map((line) => `${line}\r\n`).join('')}\r\n${body}`

/** What is sent, and the status and code of the answer. */
export type ErrorCase = readonly [bytes: string, status: number, code: string]

/** Every reply that the gateway makes itself and that a single request can bring about. */
export const errorCases: Readonly<Record<string, ErrorCase>> = {
  'a path that no route takes': [get('/nothing'), 404, 'route-not-found'],
  'an escaped slash': [get('/a%2fb'), 400, 'bad-request'],
  'a dot segment with a parameter': [get('/a/%2e%2e;/b'), 400, 'bad-request'],
  'a fragment': [get('/a#b'), 400, 'bad-request'],
  'an invalid escape': [get('/a%zz'), 400, 'bad-request'],
  'two hosts': ['GET / HTTP/1.1\r\nhost: a.test,b.test\r\n\r\n', 400, 'bad-request'],
  'no host': ['GET / HTTP/1.1\r\n\r\n', 400, 'bad-request'],
  'an underscore in a name': [get('/slow', 'x_a: 1'), 400, 'bad-request'],
  'a zero byte in a value': [get('/slow', 'x-a: a\0b'), 400, 'bad-request'],
  'a space before the colon': [get('/slow', 'x-a : 1'), 400, 'bad-request'],
  'two lengths': [post('/slow', 'a', 'content-length: 1', 'content-length: 2'), 400, 'bad-request'],
  'a length and chunks': [post('/slow', '0\r\n\r\n', 'content-length: 5', 'transfer-encoding: chunked'), 400, 'bad-request'],
  'no request at all': ['nonsense\r\n\r\n', 400, 'bad-request'],
  'an unknown transfer coding': [post('/slow', '', 'transfer-encoding: rot13'), 501, 'not-implemented'],
  'a switch to WebSocket on a route that says nothing of it': [
    get('/slow', 'connection: upgrade', 'upgrade: websocket', 'sec-websocket-version: 13', 'sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ=='),
    403,
    'forbidden',
  ],
  'HTTP/1.0': ['GET / HTTP/1.0\r\nhost: a.test\r\n\r\n', 426, 'upgrade-required'],
  'too many headers': [get('/slow', ...Array.from({ length: 120 }, (_, index) => `x-${index}: 1`)), 431, 'headers-too-large'],
  'a header that is too large': [get('/slow', `x-a: ${'a'.repeat(70_000)}`), 431, 'headers-too-large'],
  'a path that is too long': [get(`/${'a'.repeat(70_000)}`), 431, 'headers-too-large'],
  'a body that is too large': [post('/small', 'abcde', 'content-length: 5'), 413, 'content-too-large'],
  'chunks that are too large': [post('/small', '5\r\nabcde\r\n0\r\n\r\n', 'transfer-encoding: chunked'), 413, 'content-too-large'],
  'an endpoint that is away': [get('/dead'), 503, 'endpoint-unreachable'],
  'a service without endpoints': [get('/nobody'), 503, 'no-healthy-endpoint'],
  'an endpoint that is too slow': [get('/slow'), 504, 'service-timeout'],
  'an injected error': [get('/broken'), 500, 'internal-error'],
}

/** What the parser of one of the engines refuses before it knows that gRPC is asked for. A gRPC caller speaks HTTP/2, where none of these can be written but the first two. */
export const refusedUnread: ReadonlySet<string> = new Set([
  'an invalid escape',
  'an underscore in a name',
  'a zero byte in a value',
  'a space before the colon',
  'two lengths',
  'a length and chunks',
  'an unknown transfer coding',
  'HTTP/1.0',
  'too many headers',
  'a header that is too large',
])
