import { flag, frame, frameType, H2Wire, indexed, literal, request } from '../support/h2-wire.ts'
import type { Flood } from './flood.ts'

const { endStream, endHeaders } = flag

/** How much is written at once. */
const batchBytes = 65_536

/** One connection after another sends pieces until the server ends it, or `size` pieces are sent. `weight`: how many pieces count as one, for small ones. */
function frames(
  name: string,
  piece: (index: number) => Buffer,
  { reads = true, begin, weight = 1 }: { reads?: boolean; begin?: Buffer; weight?: number } = {},
): Flood {
  return {
    name,
    run: async ({ secure }, size) => {
      let sent = 0
      const wires: H2Wire[] = []
      while (sent < size * weight && wires.length < 4) {
        const wire = await H2Wire.open(secure, reads)
        wires.push(wire)
        if (begin) await wire.write(begin)
        sent += await fill(wire, piece, size * weight - sent)
      }
      return { stop: () => wires.forEach(({ socket }) => socket.destroy()), refused: () => wires.filter((wire) => wire.over).length }
    },
  }
}

/** Sends up to `count` pieces; resolves with how many were taken. */
async function fill(wire: H2Wire, piece: (index: number) => Buffer, count: number): Promise<number> {
  let index = 0
  while (index < count) {
    const batch: Buffer[] = []
    for (let bytes = 0; bytes < batchBytes && index < count; bytes += batch.at(-1)?.length ?? 0) batch.push(piece(index++))
    if (!(await wire.write(Buffer.concat(batch)))) break
  }
  return index
}

const stream = (index: number): number => index * 2 + 1
const get = request('/')
const ping = frame(frameType.ping, 0, 0, Buffer.alloc(8))
const empty = frame(frameType.settings, 0, 0)

/** https://www.cve.org/CVERecord?id=CVE-2023-44487 */
const rapidReset = frames('streams that are opened and reset at once', (index) =>
  Buffer.concat([
    frame(frameType.headers, endStream | endHeaders, stream(index), get),
    frame(frameType.reset, 0, stream(index), Buffer.from([0, 0, 0, 8])),
  ]),
)

/** https://www.cve.org/CVERecord?id=CVE-2024-24549 and its kin: a head that never ends. */
const continuation = frames(
  'a head that goes on in CONTINUATION frames for ever',
  () => frame(frameType.continuation, 0, 1, literal('x-a', 'a'.repeat(1_000))),
  {
    begin: frame(frameType.headers, endStream, 1, get),
  },
)
const emptyContinuation = frames('empty CONTINUATION frames for ever', () => frame(frameType.continuation, 0, 1), {
  begin: frame(frameType.headers, endStream, 1, get),
})

/** https://www.cve.org/CVERecord?id=CVE-2019-9512 and CVE-2019-9515: each wants an answer, and nobody reads it. */
const pings = frames('pings whose answers nobody reads', () => ping, { reads: false, weight: 50 })
const settings = frames('settings whose acknowledgements nobody reads', () => empty, { reads: false, weight: 50 })

/** https://www.cve.org/CVERecord?id=CVE-2019-9518 */
const emptyData = frames('empty DATA frames of a request that never ends', () => frame(frameType.data, 0, 1), {
  begin: frame(frameType.headers, endHeaders, 1, request('/', literal('content-length', '1000'))),
})

/** https://www.cve.org/CVERecord?id=CVE-2019-9513 */
const priorities = frames('priorities of one stream, changed without end', (index) =>
  frame(frameType.priority, 0, stream(index % 50), Buffer.from([0, 0, 0, stream((index + 7) % 50), index % 255])),
)

const windowUpdates = frames('window updates by one byte', () => frame(frameType.windowUpdate, 0, 0, Buffer.from([0, 0, 0, 1])))

/** One long header in the decoder's table, named by one byte 10,000 times. https://www.cve.org/CVERecord?id=CVE-2016-6581 */
const bomb = frames('heads that are small on the wire and large when they are read', (index) =>
  frame(
    frameType.headers,
    endStream | endHeaders,
    stream(index),
    Buffer.concat([get, indexed('x-a', 'a'.repeat(4_000)), Buffer.alloc(10_000, 0x80 | 62)]),
  ),
)

/** Each of these costs the gateway more than the sender: it must end the connection. */
export const toBeEnded: readonly Flood[] = [rapidReset, continuation, bomb]

/** What costs little; the gateway may bear it or end it. */
export const toBeBorne: readonly Flood[] = [pings, settings, emptyContinuation, emptyData, priorities, windowUpdates]
