import { hostile } from '../support/hostile-paths.ts'

/** One request as bytes. `name` says in messages and exceptions what it is. */
export interface RawCase {
  readonly name: string
  /** The request line without its version, such as `GET /x`. */
  readonly line: string
  /** Version of the protocol; default HTTP/1.1. */
  readonly version?: string
  /** Everything behind the host header and before the empty line, each line with its end; default nothing. */
  readonly lines?: string
  readonly body?: string
  /** Leave out the host header that comes first. */
  readonly noHost?: true
}

const path = (target: string): RawCase => ({ name: `GET ${target}`, line: `GET ${target}` })

/** The corpus of paths, and forms of the request line that hold more than a path. */
const pathCases: readonly RawCase[] = [
  ...new Map(hostile.map((target) => [target, path(target)])).values(),
  ...[
    ...['http://gateway.test/x', 'http://gateway.test', 'http://gateway.test/admin/../x', 'http://other.test:81/x?y', 'HTTP://gateway.test/x'],
    ...[
      'https://gateway.test/x',
      'http://u:p@gateway.test/x',
      'http://gateway.test//admin',
      'http:///x',
      'http:/x',
      'http://',
      'ftp://gateway.test/x',
    ],
    ...[
      'http://gateway.test/%61dmin',
      'http://gateway.test/x%2fy',
      'http://gateway.test?x',
      'http://gateway.test?',
      'http://gateway.test?x#y',
      'http://[::1]:80/x',
      'http://gateway.test:abc/x',
    ],
  ].map(path),
  ...['OPTIONS *', 'OPTIONS /x', 'CONNECT gateway.test:443', 'CONNECT /x', 'get /x', 'GET  /x', 'G@T /x', 'GET'].map((line) => ({
    name: line,
    line,
  })),
]

const header = (name: string, lines: string, more: Partial<RawCase> = {}): RawCase => ({ name, line: 'GET /x', lines: `${lines}\r\n`, ...more })
const post = (name: string, lines: string, body = ''): RawCase => header(name, lines, { line: 'POST /x', body })
const forged = [
  ...[
    'x-forwarded-for',
    'x-forwarded-proto',
    'x-forwarded-host',
    'x-forwarded-port',
    'forwarded',
    'x-real-ip',
    'x-client-ip',
    'true-client-ip',
    'via',
  ],
  ...[
    'x-request-id',
    'x-auth-id',
    'X-Auth-Roles',
    'x-auth-',
    'x-sluice-route',
    'x-envoy-peer-metadata',
    'x-envoy-external-address',
    'x-envoy-internal',
  ],
  ...['x-envoy-original-path', 'x-envoy-retry-on', 'x-envoy-max-retries', 'x-envoy-upstream-rq-timeout-ms', 'x-envoy-decorator-operation'],
  ...['x-envoy-attempt-count', 'x-envoy-downstream-service-cluster', 'x-envoy-force-trace', 'x-envoy-expected-rq-timeout-ms'],
  ...['x-original-url', 'x-rewrite-url', 'x-http-method-override', 'x-forwarded-client-cert', 'x-forwarded-prefix', 'proxy', 'proxy-authorization'],
]

/** Headers and framing: what is refused, and what the service sees of the rest. */
const hygieneCases: readonly RawCase[] = [
  header('nothing else', 'x-a: 1'),
  ...forged.map((name) => header(`forged ${name}`, `${name}: evil`)),
  ...['X-AUTH-ID', 'X-Forwarded-Host'].map((name) => header(`two ${name}`, `${name}: evil\r\n${name.toLowerCase()}: evil2`)),
  header('name with an underscore', 'x_a: 1'),
  header('owned name with an underscore', 'x_auth_id: 1'),
  header('name with a dot', 'x.a: 1'),
  header('name of odd tokens', "!#$%&'*+^`|~: 1"),
  header('name with a space', 'x a: 1'),
  header('name with a slash', 'x/a: 1'),
  header('name with a byte above ASCII', 'x-\xe4: 1'),
  header('no name', ': 1'),
  header('no colon', 'x-a'),
  header('space before the colon', 'x-a : 1'),
  header('space before the name', ' x-a: 1'),
  header('folded value', 'x-a: 1\r\n 2'),
  header('folded by a tab', 'x-a: 1\r\n\t2'),
  header('bare line feed', 'x-a: 1\nx-b: 2'),
  header('bare carriage return', 'x-a: 1\rx-b: 2'),
  ...[0, 1, 8, 9, 11, 12, 27, 31, 127].map((code) => header(`byte ${code} in a value`, `x-a: 1${String.fromCharCode(code)}2`)),
  header('bytes above ASCII in a value', 'x-a: \xfc\xff'),
  header('empty value', 'x-a:'),
  header('spaces around a value', 'x-a: \t 1 \t'),
  header('repeated name', 'x-a: 1\r\nx-a: 2\r\nX-A: 3'),
  header('two hosts', 'host: other.test'),
  header('two equal hosts', 'host: gateway.test'),
  header('no host', 'x-a: 1', { noHost: true }),
  header('empty host', 'host:', { noHost: true }),
  ...['a,b', 'a b', 'a/b', 'a@b', 'a\\b', '[::1]', 'a:b', 'a:99999', '-', '..', 'ä', 'a%00', '*', 'a#b', 'a?b'].map((host) =>
    header(`host ${host}`, `host: ${Buffer.from(host).toString('latin1')}`, { noHost: true }),
  ),
  header('two authorizations', 'authorization: Basic a\r\nauthorization: Bearer b'),
  header('two content types', 'content-type: a/b\r\ncontent-type: c/d'),
  header('two cookies', 'cookie: a=1\r\ncookie: b=2'),
  header('100 headers', Array.from({ length: 95 }, (_, index) => `x-${index}: 1`).join('\r\n')),
  header('more than 100 headers', Array.from({ length: 120 }, (_, index) => `x-${index}: 1`).join('\r\n')),
  header('20 kB of headers', `x-a: ${'a'.repeat(20_000)}`),
  header('200 kB of headers', Array.from({ length: 20 }, (_, index) => `x-${index}: ${'a'.repeat(10_000)}`).join('\r\n')),
  header('connection names a header', 'connection: x-a\r\nx-a: 1'),
  header('connection names an owned header', 'connection: x-forwarded-proto, x-request-id'),
  header('keep-alive', 'keep-alive: timeout=5\r\nproxy-connection: keep-alive'),
  header('te trailers', 'te: trailers'),
  header('te gzip', 'te: gzip'),
  header('upgrade to h2c', 'connection: upgrade, http2-settings\r\nupgrade: h2c\r\nhttp2-settings: AAMAAABkAAQAAP__'),
  header('upgrade to something', 'connection: upgrade\r\nupgrade: something'),
  header('range and conditions', 'range: bytes=0-1\r\nif-none-match: "a"\r\nif-modified-since: Sat, 21 Nov 2026 00:00:00 GMT'),
  header('accept-encoding', 'accept-encoding: gzip, br'),
  header('expect something', 'expect: something'),
  post('body with a length', 'content-length: 3', 'abc'),
  post('body in chunks', 'transfer-encoding: chunked', '3\r\nabc\r\n0\r\n\r\n'),
  post('chunk with an extension', 'transfer-encoding: chunked', '3;a=b\r\nabc\r\n0\r\n\r\n'),
  post('chunks and trailers', 'transfer-encoding: chunked\r\ntrailer: x-t', '3\r\nabc\r\n0\r\nx-t: 1\r\n\r\n'),
  post('a bad chunk size', 'transfer-encoding: chunked', 'xyz\r\nabc\r\n0\r\n\r\n'),
  post('a huge chunk size', 'transfer-encoding: chunked', 'fffffffffffffffff\r\nabc\r\n0\r\n\r\n'),
  post('a length and chunks', 'content-length: 3\r\ntransfer-encoding: chunked', '3\r\nabc\r\n0\r\n\r\n'),
  post('chunks and a length', 'transfer-encoding: chunked\r\ncontent-length: 3', '3\r\nabc\r\n0\r\n\r\n'),
  post('two equal lengths', 'content-length: 3\r\ncontent-length: 3', 'abc'),
  post('two lengths', 'content-length: 3\r\ncontent-length: 4', 'abc'),
  ...['3, 3', '+3', '-3', '0x3', '3 ', ' 3', '3.0', '', 'abc', '99999999999999999999'].map((length) =>
    post(`length "${length}"`, `content-length: ${length}`, 'abc'),
  ),
  ...['identity', 'xchunked', 'chunked, chunked', 'chunked, identity', 'gzip, chunked', 'Chunked', '\tchunked', 'chunked ', '"chunked"', ''].map(
    (coding) => post(`transfer coding "${coding}"`, `transfer-encoding: ${coding}`, '3\r\nabc\r\n0\r\n\r\n'),
  ),
  post('space before the colon of the coding', 'transfer-encoding : chunked', '3\r\nabc\r\n0\r\n\r\n'),
  ...(
    [
      ['chunks announced twice', 'transfer-encoding: chunked\r\ntransfer-encoding: chunked'],
      ['chunks announced, then identity', 'transfer-encoding: chunked\r\ntransfer-encoding: identity'],
      ['another coding, then chunks', 'transfer-encoding: x\r\ntransfer-encoding: chunked'],
      ['folded coding', 'transfer-encoding:\r\n chunked'],
      ['coding behind a vertical tab', 'transfer-encoding: \x0bchunked'],
      ['coding behind a bare line feed', 'x-a: 1\ntransfer-encoding: chunked'],
      ['coding behind a bare carriage return', 'x-a: 1\rtransfer-encoding: chunked'],
      ['coding with a zero byte', 'transfer-encoding: chunked\0'],
      ['coding with a parameter', 'transfer-encoding: chunked;q=1'],
      ['coding with a comma behind it', 'transfer-encoding: chunked,'],
      ['coding with a comma before it', 'transfer-encoding: ,chunked'],
      ['coding with an underscore in its name', 'transfer_encoding: chunked'],
      ['coding with a byte above ASCII in its name', 'transfer-encoding\xff: chunked'],
      ['coding in a connection header', 'connection: transfer-encoding\r\ntransfer-encoding: chunked'],
    ] as const
  ).map(([name, lines]) => post(name, lines, '3\r\nabc\r\n0\r\n\r\n')),
  ...(
    [
      ['ends with bare line feeds', '3\nabc\n0\n\n'],
      ['size ends with a bare line feed', '3\nabc\r\n0\r\n\r\n'],
      ['data ends with a bare line feed', '3\r\nabc\n0\r\n\r\n'],
      ['size ends with a bare carriage return', '3\rabc\r\n0\r\n\r\n'],
      ['data is longer than its size', '3\r\nabcd\r\n0\r\n\r\n'],
      ['size with a space behind it', '3 \r\nabc\r\n0\r\n\r\n'],
      ['size with a space before it', ' 3\r\nabc\r\n0\r\n\r\n'],
      ['size with a tab behind it', '3\t\r\nabc\r\n0\r\n\r\n'],
      ['size with 0x', '0x3\r\nabc\r\n0\r\n\r\n'],
      ['size with a sign', '+3\r\nabc\r\n0\r\n\r\n'],
      ['negative size', '-3\r\nabc\r\n0\r\n\r\n'],
      ['size with an underscore', '0_3\r\nabc\r\n0\r\n\r\n'],
      ['size with many zeros', `${'0'.repeat(100)}3\r\nabc\r\n0\r\n\r\n`],
      ['no size', '\r\nabc\r\n0\r\n\r\n'],
      ['last chunk of many zeros', '3\r\nabc\r\n000\r\n\r\n'],
      ['last chunk with an extension', '3\r\nabc\r\n0;a=b\r\n\r\n'],
      ['quoted extension', '3;a="b;c"\r\nabc\r\n0\r\n\r\n'],
      ['extension with a bare line feed', '3;a\nb\r\nabc\r\n0\r\n\r\n'],
      ['extension with a bare carriage return', '3;a\rb\r\nabc\r\n0\r\n\r\n'],
      ['extension with a zero byte', '3;a\0b\r\nabc\r\n0\r\n\r\n'],
      ['trailer with a length', '3\r\nabc\r\n0\r\ncontent-length: 5\r\n\r\n'],
      ['trailer with a coding', '3\r\nabc\r\n0\r\ntransfer-encoding: chunked\r\n\r\n'],
      ['trailer with a host', '3\r\nabc\r\n0\r\nhost: other.test\r\n\r\n'],
      ['trailer with an owned header', '3\r\nabc\r\n0\r\nx-auth-id: evil\r\nx-forwarded-for: 9.9.9.9\r\n\r\n'],
      ['trailer without a colon', '3\r\nabc\r\n0\r\nx-t\r\n\r\n'],
      ['trailer behind a bare line feed', '3\r\nabc\r\n0\r\nx-t: 1\nx-u: 2\r\n\r\n'],
      ['trailer with a zero byte', '3\r\nabc\r\n0\r\nx-t: 1\0\r\n\r\n'],
    ] as const
  ).map(([name, body]) => post(`chunks: ${name}`, 'transfer-encoding: chunked', body)),
  post('folded length', 'content-length:\r\n 3', 'abc'),
  post('length behind a bare line feed', 'x-a: 1\ncontent-length: 3', 'abc'),
  post('length in a connection header', 'connection: content-length\r\ncontent-length: 3', 'abc'),
  post('length with an underscore in its name', 'content_length: 3\r\ncontent-length: 0'),
  header('chunks in HTTP/1.0', 'transfer-encoding: chunked', { line: 'POST /x', version: 'HTTP/1.0', body: '3\r\nabc\r\n0\r\n\r\n' }),
  header('zero byte in a name', 'x-\0a: 1'),
  header('connection names close and an owned header', 'connection: close, x-forwarded-for, x-auth-id, x-request-id\r\nx-auth-id: evil'),
  header('connection names the host', 'connection: host'),
  post('expect 100-continue, body at once', 'expect: 100-continue\r\ncontent-length: 3', 'abc'),
  post(
    'upgrade to h2c with a body',
    'connection: upgrade, http2-settings\r\nupgrade: h2c\r\nhttp2-settings: AAMAAABkAAQAAP__\r\ncontent-length: 3',
    'abc',
  ),
  header('GET with a body', 'content-length: 3', { body: 'abc' }),
  header('HTTP/1.0', 'x-a: 1', { version: 'HTTP/1.0' }),
  header('HTTP/0.9', 'x-a: 1', { version: 'HTTP/0.9' }),
  header('HTTP/2.0', 'x-a: 1', { version: 'HTTP/2.0' }),
  header('HTTP/1.2', 'x-a: 1', { version: 'HTTP/1.2' }),
  header('http/1.1', 'x-a: 1', { version: 'http/1.1' }),
]

/** The bytes of a request; `number` stands in the header x-number, by which its arrival is found again. */
export function bytesOf(one: RawCase, number: number): string {
  const host = one.noHost ? '' : 'host: gateway.test\r\n'
  return `${one.line} ${one.version ?? 'HTTP/1.1'}\r\nx-number: ${number}\r\n${host}${one.lines ?? ''}\r\n${one.body ?? ''}`
}

/** The sets by the name of their case. */
export const rawSets: readonly (readonly [id: string, requests: readonly RawCase[]])[] = [
  ['spine/paths', pathCases],
  ['spine/hygiene', hygieneCases],
]
