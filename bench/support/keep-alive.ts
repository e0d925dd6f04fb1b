import { connect, type Socket } from 'node:net'

/** One HTTP/1.1 connection that is kept open, with one request under way. Reads answers with a content-length. */
export class KeepAlive {
  readonly #socket: Socket
  #got = ''
  #resolve: (status: number) => void = () => {}
  #reject: (error: Error) => void = () => {}

  constructor(port: number) {
    this.#socket = connect(port, '127.0.0.1')
    this.#socket.setNoDelay(true)
    this.#socket.on('data', (chunk) => this.#take(chunk.toString('latin1')))
    this.#socket.on('error', (error) => this.#reject(error))
    this.#socket.on('close', () => this.#reject(new Error('the connection was closed')))
  }

  /** Status of the answer; rejects when the connection ends before it. */
  get(path: string, host = 'localhost'): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
      this.#socket.write(`GET ${path} HTTP/1.1\r\nhost: ${host}\r\nuser-agent: bench\r\n\r\n`)
    })
  }

  close(): void {
    this.#reject = () => {}
    this.#socket.destroy()
  }

  #take(text: string): void {
    this.#got += text
    const head = this.#got.indexOf('\r\n\r\n')
    if (head === -1) return
    const length = Number(/^content-length: (\d+)/im.exec(this.#got.slice(0, head))?.[1] ?? 0)
    if (this.#got.length < head + 4 + length) return
    const status = Number(this.#got.slice(9, 12))
    this.#got = ''
    this.#resolve(status)
  }
}
