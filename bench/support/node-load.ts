import { connect } from 'node:net'

/** A plain HTTP/1.1 load generator for machines without wrk: one request under way on each connection. */
const { port, paths, host, seconds, connections } = JSON.parse(process.argv[2] ?? '{}') as {
  readonly port: number
  readonly paths: readonly string[]
  readonly host: string
  readonly seconds: number
  readonly connections: number
}
const texts = paths.map((path) => `GET ${path} HTTP/1.1\r\nhost: ${host}\r\nuser-agent: bench\r\n\r\n`)
const start = performance.now()
let requests = 0
let failed = 0
let next = 0

await Promise.all(Array.from({ length: connections }, () => drive()))
console.log(JSON.stringify({ requests, failed, seconds: (performance.now() - start) / 1000 }))

function drive(): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    let got = ''
    const ask = (): void => void socket.write(texts[next++ % texts.length] ?? '')
    socket.setNoDelay(true)
    socket.once('connect', ask)
    socket.once('error', () => (failed++, resolve()))
    socket.on('data', (chunk) => {
      got += chunk.toString('latin1')
      const head = got.indexOf('\r\n\r\n')
      if (head === -1) return
      const length = Number(/^content-length: (\d+)/im.exec(got.slice(0, head))?.[1] ?? 0)
      if (got.length < head + 4 + length) return
      requests++
      if (!/^HTTP\/1\.1 2/.test(got)) failed++
      got = ''
      if (performance.now() - start < seconds * 1000) return ask()
      socket.destroy()
      resolve()
    })
  })
}
