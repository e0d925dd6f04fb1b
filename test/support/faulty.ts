import { type AddressInfo, createServer, type Socket } from 'node:net'

/** A backend that misbehaves as the path says; `attempts` counts requests by path. */
export interface Faulty {
  readonly port: number
  readonly attempts: Map<string, number>
  close(): void
}

const head = 'HTTP/1.1 200 OK\r\n'

/** What each path does with the connection once a request is there. */
const faults: Readonly<Record<string, (socket: Socket) => void>> = {
  '/silent': () => {},
  '/reset': (socket) => socket.resetAndDestroy(),
  '/mid-body': (socket) =>
    socket.write(`${head}content-length: 1000\r\n\r\n${'x'.repeat(100)}`, () => setTimeout(() => socket.resetAndDestroy(), 20)),
  '/drip': (socket) => {
    socket.write(`${head}content-length: 10\r\n\r\n`)
    let left = 10
    const timer = setInterval(() => {
      socket.write('x')
      if (--left === 0) clearInterval(timer)
    }, 100)
    socket.on('close', () => clearInterval(timer))
  },
  '/huge-head': (socket) => socket.write(`${head}x-big: ${'x'.repeat(200_000)}\r\ncontent-length: 2\r\n\r\nok`),
  '/bad-chunk': (socket) => socket.write(`${head}transfer-encoding: chunked\r\n\r\n5\r\nhello\r\nzz\r\nworld\r\n0\r\n\r\n`),
  '/no-http': (socket) => socket.end('220 mail.example.com ESMTP\r\n'),
  '/half-head': (socket) => socket.end('HTTP/1.1 200 OK\r\nx-a: '),
}

/** Starts it on 127.0.0.1; unknown paths get 200 and what was sent. */
export async function startFaulty(): Promise<Faulty> {
  const attempts = new Map<string, number>()
  const open = new Set<Socket>()
  const server = createServer((socket) => {
    open.add(socket)
    let text = ''
    socket.on('close', () => open.delete(socket))
    socket.on('error', () => {})
    socket.on('data', (data) => {
      text += data.toString('latin1')
      const end = text.indexOf('\r\n\r\n')
      const length = Number(/content-length: (\d+)/i.exec(text)?.[1] ?? 0)
      if (end < 0 || text.length < end + 4 + length) return
      const path = text.split(' ')[1] ?? ''
      const body = text.slice(end + 4)
      attempts.set(path, (attempts.get(path) ?? 0) + 1)
      text = ''
      const fault = faults[path]
      if (fault) fault(socket)
      else socket.write(`${head}content-length: ${body.length}\r\n\r\n${body}`)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  server.unref()
  return {
    port: (server.address() as AddressInfo).port,
    attempts,
    close: () => {
      server.close()
      for (const socket of open) socket.destroy()
    },
  }
}
