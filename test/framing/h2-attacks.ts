import { flag, frame, frameType, literal } from '../support/h2-wire.ts'

/** A request over HTTP/2 that would be another one, or two, over HTTP/1.1. */
export interface H2Attack {
  readonly name: string
  readonly frames: Buffer
  /** RFC 9113 calls it malformed, so no service sees it; otherwise it may be taken, as one harmless request. */
  readonly malformed: boolean
}

type Fields = readonly (readonly [string, string])[]
const usual: Fields = [
  [':method', 'POST'],
  [':scheme', 'https'],
  [':authority', 'a.test'],
  [':path', '/x'],
]

/** The usual request with other or more fields; data when there is a body. */
function attack(
  name: string,
  fields: Fields,
  { data, malformed = true, trailers }: { data?: string; malformed?: boolean; trailers?: Fields } = {},
): H2Attack {
  const replaced = new Set(fields.filter(([key]) => key.startsWith(':')).map(([key]) => key))
  const all = [...usual.filter(([key]) => !replaced.has(key)), ...fields].sort(([a], [b]) => Number(b.startsWith(':')) - Number(a.startsWith(':')))
  return { name, frames: framesOf(all, data, trailers), malformed }
}

function framesOf(all: Fields, data?: string, trailers?: Fields): Buffer {
  const block = (fields: Fields): Buffer => Buffer.concat(fields.map(([key, value]) => literal(key, value)))
  const end = (last: boolean): number => (last ? flag.endStream : 0)
  return Buffer.concat([
    frame(frameType.headers, flag.endHeaders | end(data === undefined && !trailers), 1, block(all)),
    ...(data === undefined ? [] : [frame(frameType.data, end(!trailers), 1, Buffer.from(data))]),
    ...(trailers ? [frame(frameType.headers, flag.endHeaders | flag.endStream, 1, block(trailers))] : []),
  ])
}

/** Fields in exactly this order. */
const ordered = (name: string, fields: Fields, malformed = true): H2Attack => ({ name, frames: framesOf(fields), malformed })

const hidden = 'GET /smuggled HTTP/1.1\r\nhost: a.test\r\n\r\n'

export const h2Attacks: readonly H2Attack[] = [
  attack('line breaks in a value', [['x-a', `1\r\n\r\n${hidden}`]]),
  attack('a line feed in a value', [['x-a', `1\nx-b: 2`]]),
  attack('a carriage return in a value', [['x-a', `1\rx-b: 2`]]),
  attack('a zero byte in a value', [['x-a', `1\x002`]]),
  attack('line breaks in a name', [['x-a: 1\r\nx-b', '2']]),
  attack('a colon in a name', [['x-a: 1', '2']]),
  attack('a space in a name', [['x a', '2']]),
  attack('a name in capital letters', [['X-A', '2']]),
  attack('no name', [['', '2']]),
  attack('line breaks in the path', [[':path', `/x HTTP/1.1\r\nhost: a.test\r\n\r\n${hidden}`]]),
  attack('a space in the path', [[':path', '/x HTTP/1.1']], { malformed: false }),
  attack('an empty path', [[':path', '']]),
  attack('a path without a slash', [[':path', 'x']]),
  attack('a path with a fragment', [[':path', '/x#y']], { malformed: false }),
  attack('line breaks in the method', [[':method', `GET /smuggled HTTP/1.1\r\nhost: a.test\r\n\r\nGET`]]),
  attack('a space in the method', [[':method', 'GET /smuggled']]),
  attack('line breaks in the host', [[':authority', `a.test\r\nx-b: 2`]]),
  attack('a host with a path', [[':authority', 'a.test/smuggled']]),
  attack('line breaks in the scheme', [[':scheme', `https://a.test/smuggled HTTP/1.1\r\nx: y`]]),
  attack('another scheme', [[':scheme', 'gopher']], { malformed: false }),
  attack('a coding', [['transfer-encoding', 'chunked']], { data: `0\r\n\r\n${hidden}` }),
  attack('a connection header', [['connection', 'x-forwarded-for']]),
  attack('keep-alive', [['keep-alive', '5']]),
  attack('proxy-connection', [['proxy-connection', 'close']]),
  attack('an upgrade', [['upgrade', 'h2c']]),
  attack('te that is not trailers', [['te', 'gzip']]),
  // Envoy has handed the head on by then, and breaks off.
  attack('a length that is too short', [['content-length', '0']], { data: hidden, malformed: false }),
  attack('a length that is too long', [['content-length', '1000']], { data: hidden }),
  attack(
    'two lengths',
    [
      ['content-length', '1'],
      ['content-length', String(hidden.length)],
    ],
    { data: hidden },
  ),
  attack('a length that is no number', [['content-length', '+5']], { data: '12345' }),
  attack('a second path', [
    [':path', '/x'],
    [':path', '/smuggled'],
  ]),
  attack('a second method', [
    [':method', 'GET'],
    [':method', 'POST'],
  ]),
  attack('a host header of another name', [['host', 'b.test']], { malformed: false }),
  attack('an unknown pseudo header', [[':smuggled', '1']]),
  attack('a pseudo header of an answer', [[':status', '200']]),
  ordered(
    'a pseudo header behind others',
    [
      [':method', 'GET'],
      [':scheme', 'https'],
      [':authority', 'a.test'],
      ['x-a', '1'],
      [':path', '/x'],
      // nginx takes fields in any order.
    ],
    false,
  ),
  ordered('no path', [
    [':method', 'GET'],
    [':scheme', 'https'],
    [':authority', 'a.test'],
  ]),
  ordered('no method', [
    [':path', '/x'],
    [':scheme', 'https'],
    [':authority', 'a.test'],
  ]),
  ordered('no scheme', [
    [':method', 'GET'],
    [':path', '/x'],
    [':authority', 'a.test'],
  ]),
  attack('trailers that are pseudo headers', [], { data: 'abc', trailers: [[':path', '/smuggled']] }),
  attack('trailers with a length and a coding', [], {
    data: 'abc',
    trailers: [
      ['content-length', '50'],
      ['transfer-encoding', 'chunked'],
    ],
  }),
  attack('trailers with line breaks', [], { data: 'abc', trailers: [['x-t', `1\r\n\r\n${hidden}`]] }),
  attack('trailers with an owned header', [], {
    data: 'abc',
    trailers: [
      ['x-auth-id', 'evil'],
      ['host', 'b.test'],
    ],
    malformed: false,
  }),
  attack('an underscore in a name', [['content_length', '5']], { malformed: false }),
  attack('an owned header', [['x-auth-id', 'evil']], { malformed: false }),
  attack(
    'two cookies',
    [
      ['cookie', 'a=1'],
      ['cookie', 'b=2'],
    ],
    { malformed: false },
  ),
]
