import { connect, type Socket } from 'node:net'
import type { Attack, Flood, Ports } from './flood.ts'

interface Options {
  /** What comes slowly: this, every 50 ms. */
  readonly drip?: string
  readonly reads?: boolean
  readonly port?: (ports: Ports) => number
}

/** `size` connections, each of which sends `begin` and stays. */
function connections(name: string, begin: string, { drip, reads = true, port = ({ plain }) => plain }: Options = {}): Flood {
  return {
    name,
    run: async (ports, size) => {
      const ended = new Set<Socket>()
      const sockets: Socket[] = []
      for (let index = 0; index < size; index++) {
        const socket = connect(port(ports), '127.0.0.1')
        sockets.push(socket)
        if (!reads) socket.pause()
        else socket.resume()
        socket.on('error', () => ended.add(socket)).on('close', () => ended.add(socket))
        if (begin !== '') socket.write(begin, 'latin1')
        // Not faster than the backlog of a listener takes them.
        if (index % 50 === 49) await new Promise((resolve) => setTimeout(resolve, 5))
      }
      const timer = drip === undefined ? undefined : setInterval(() => sockets.forEach((socket) => !ended.has(socket) && socket.write(drip)), 50)
      return attackOf(sockets, ended, timer)
    },
  }
}

function attackOf(sockets: readonly Socket[], ended: ReadonlySet<Socket>, timer: NodeJS.Timeout | undefined): Attack {
  return {
    refused: () => ended.size,
    stop: () => {
      clearInterval(timer)
      sockets.forEach((socket) => socket.destroy())
    },
  }
}

/** What keeps a connection open and says little: the gateway must end those whose head does not come. */
export const slowHead = connections('heads that come byte by byte', 'GET / HTTP/1.1\r\nhost: a.test\r\nx-a: ', { drip: 'a' })
export const silent = connections('connections that say nothing', '')
export const halfHandshake = connections('TLS handshakes that stop half way', '\x16\x03\x01\x02\x00\x01\x00', { port: ({ secure }) => secure })
export const slowBody = connections('bodies that come byte by byte', 'POST / HTTP/1.1\r\nhost: a.test\r\ncontent-length: 100000\r\n\r\n', {
  drip: 'a',
})
export const slowRead = connections('large answers that nobody reads', 'GET /large HTTP/1.1\r\nhost: a.test\r\n\r\n', { reads: false })
export const largeHead = connections(
  'heads that are far too large',
  `GET / HTTP/1.1\r\nhost: a.test\r\n${`x-a: ${'a'.repeat(10_000)}\r\n`.repeat(20)}`,
)
export const endlessLine = connections('a request line without an end', `GET /${'a'.repeat(200_000)}`)
export const manyChunks = connections(
  'chunks of one byte with long extensions',
  `POST / HTTP/1.1\r\nhost: a.test\r\ntransfer-encoding: chunked\r\n\r\n${`1;${'e'.repeat(1_000)}\r\na\r\n`.repeat(100)}`,
)

export const h1Floods: readonly Flood[] = [slowHead, silent, halfHandshake, slowBody, slowRead, largeHead, endlessLine, manyChunks]
