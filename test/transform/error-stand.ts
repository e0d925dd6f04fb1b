import { connect, createServer, type AddressInfo } from 'node:net'
import { type Running, startEngine } from '../protocols/engines.ts'
import { startEcho } from '../support/echo.ts'
import { type EngineName, engineNames } from '../support/engines.ts'
import { freePort } from '../support/free-port.ts'
import { until } from '../support/until.ts'

/** Names of listeners, and the format of errors on each. */
export const formats = { json: 'json', problem: 'problem-json', text: 'text' } as const
export type Format = keyof typeof formats
export const formatNames = ['json', 'problem', 'text'] as const

/** Both engines, with a listener for each format, and services that fail in every way. */
export interface ErrorStand {
  /** The answer to bytes on the wire. */
  ask(engine: EngineName, format: Format, bytes: string): Promise<Answer>
  /** Runs while the only place of the service `one` is taken. */
  whileFull<T>(engine: EngineName, run: () => Promise<T>): Promise<T>
  stop(): Promise<void>
}

export async function startErrorStand(): Promise<ErrorStand> {
  const echo = await startEcho()
  echo.delayMs = 300
  const garbled = createServer((socket) => void socket.on('error', () => undefined).once('data', () => socket.end('this is no HTTP\r\n\r\n')))
  await new Promise<void>((resolve) => garbled.listen(0, '127.0.0.1', resolve))
  const text = `
version: 1
listeners:
${formatNames.map((name) => `  ${name}: {port: "\${${name.toUpperCase()}}", address: 127.0.0.1, errorFormat: ${formats[name]}}`).join('\n')}
services:
  slow: {endpoints: ["127.0.0.1:${echo.port}"]}
  dead: {endpoints: ["127.0.0.1:${await freePort()}"]}
  nobody: {endpoints: []}
  garbled: {endpoints: ["127.0.0.1:${(garbled.address() as AddressInfo).port}"]}
  one: {endpoints: ["127.0.0.1:${echo.port}"], caps: {requests: 1, overflow: {status: 429, retryAfter: 2s}}}
routes:
  slow: {match: {path: /slow}, to: slow, timeouts: {request: 50ms}}
  dead: {match: {path: /dead}, to: dead}
  nobody: {match: {path: /nobody}, to: nobody}
  garbled: {match: {path: /garbled}, to: garbled}
  small: {match: {path: /small}, to: slow, bodyLimit: 4B}
  written: {match: {path: /written}, respond: {status: 503, json: {own: true}}}
  broken: {match: {path: /broken}, fault: {abort: {status: 500}}, to: slow}
  one: {match: {path: /one}, to: one}
`
  const running = new Map<EngineName, Running>()
  for (const engine of engineNames) running.set(engine, await startEngine(engine, text, formatNames))
  const port = (engine: EngineName, format: Format): number => running.get(engine)?.port(format) ?? 0
  return {
    ask: (engine, format, bytes) => ask(port(engine, format), bytes),
    whileFull: async (engine, run) => {
      const seen = echo.seen.length
      const first = ask(port(engine, 'json'), 'GET /one HTTP/1.1\r\nhost: a.test\r\nx-echo-delay: 700ms\r\nconnection: close\r\n\r\n')
      await until('the place is taken', () => echo.seen.length > seen)
      const result = await run()
      await first
      return result
    },
    stop: async () => {
      await Promise.all([...running.values()].map((one) => one.stop()))
      await echo.close()
      await new Promise((resolve) => garbled.close(resolve))
    },
  }
}

export interface Answer {
  readonly status: number
  readonly headers: ReadonlyMap<string, string>
  readonly body: string
}

/** The answer to bytes on the wire, read until it is whole or the connection ends. */
export function ask(port: number, bytes: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1')
    let text = ''
    const whole = (): boolean => {
      const end = text.indexOf('\r\n\r\n')
      return end !== -1 && text.length >= end + 4 + Number(/\r\ncontent-length: (\d+)/i.exec(text.slice(0, end))?.[1] ?? Infinity)
    }
    const done = (): void => {
      socket.destroy()
      const [head = '', ...rest] = text.split('\r\n\r\n')
      const headers = head
        .split('\r\n')
        .slice(1)
        .map((line): [string, string] => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()])
      resolve({ status: Number(head.slice(9, 12)), headers: new Map(headers), body: rest.join('\r\n\r\n') })
    }
    socket.setEncoding('utf8').setTimeout(5_000, () => reject(new Error(`no answer to ${JSON.stringify(bytes.slice(0, 200))}: ${text}`)))
    socket.on('data', (data: string) => {
      text += data
      if (whole()) done()
    })
    socket.on('close', done)
    socket.on('error', reject)
    socket.write(bytes, 'latin1')
  })
}
