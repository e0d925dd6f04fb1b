import { readFile, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { staticBootstrap } from '../../src/envoy/static-bootstrap.ts'
import { type Echo, startEcho } from '../support/echo.ts'
import { startEnvoy, type TestEnvoy } from '../support/envoy.ts'
import { freePort } from '../support/free-port.ts'
import { withGatewayFile } from '../support/gateway-file.ts'
import { compileText, runTree, type TestNginx, writeTestTree } from '../support/nginx.ts'
import { compileForEnvoy } from '../support/static-envoy.ts'
import { until } from '../support/until.ts'
import { ask } from './error-stand.ts'

const formats = {
  json: '"code":"REQUEST_TIMEOUT"',
  'problem-json': '"type":"urn:sluice:problem:request-timeout"',
  text: 'Request Timeout: The request did',
}
const names = Object.keys(formats) as (keyof typeof formats)[]

let echo: Echo
const text = (ports: readonly number[]): string => `
version: 1
listeners:
${names.map((format, index) => `  ${format}: {port: ${ports[index]}, address: 127.0.0.1, errorFormat: ${format}}`).join('\n')}
services: {app: {endpoints: ["127.0.0.1:${echo.port}"]}}
routes: {all: {match: {path: /*}, to: app}}
`
const freePorts = (): Promise<number[]> => Promise.all(names.map(() => freePort()))

/** Replaces what must be there. */
function replaced(whole: string, from: string, to: string): string {
  expect(whole).toContain(from)
  return whole.replaceAll(from, to)
}

const halfHead = 'GET / HTTP/1.1\r\nhost: a.test\r\nx-a: '
const halfBody = 'POST / HTTP/1.1\r\nhost: a.test\r\ncontent-length: 10\r\n\r\nabc'

beforeAll(async () => {
  echo = await startEcho()
})
afterAll(() => echo.close())

describe('Envoy, with its times cut short', () => {
  let envoy: TestEnvoy
  let ports: number[]
  beforeAll(async () => {
    ports = await freePorts()
    const { resources } = await withGatewayFile(text(ports), {}, compileForEnvoy)
    const bootstrap = (path: string): string => {
      const whole = staticBootstrap(resources.values(), { nodeId: 'edge', nodeCluster: 'test', admin: { type: 'pipe', path } })
      return replaced(
        replaced(whole, '"requestHeadersTimeout": "10s"', '"requestHeadersTimeout": "0.2s"'),
        '"requestTimeout": "300s"',
        '"requestTimeout": "0.3s"',
      )
    }
    envoy = await startEnvoy({ bootstrap })
  })
  afterAll(() => envoy.stop())

  it.each(names)('answers a head or a body that does not come with 408 in %s', async (format) => {
    const port = ports[names.indexOf(format)] ?? 0
    for (const sent of [halfHead, halfBody]) {
      const { status, body } = await ask(port, sent)
      expect(status).toBe(408)
      expect(body).toContain(formats[format])
    }
  })

  it('notes that a client left before it was answered', async () => {
    await leave(ports[0] ?? 0)
    await until('it is in the access log', () => /"flags":"DC".*"path":"\/left"/.test(envoy.output()))
  })
})

describe('nginx, with its times cut short', () => {
  let nginx: TestNginx
  let ports: number[]
  beforeAll(async () => {
    ports = await freePorts()
    const { dir, binary } = await writeTestTree(await compileText(text(ports)))
    const conf = join(dir, 'nginx.conf')
    const whole = await readFile(conf, 'utf8')
    await writeFile(
      conf,
      replaced(replaced(whole, 'client_header_timeout 10s', 'client_header_timeout 200ms'), 'client_body_timeout 300s', 'client_body_timeout 200ms'),
    )
    nginx = await runTree(dir, binary)
  })
  afterAll(() => nginx.stop())

  it('ends the connection of a head or a body that does not come: it has no words for that', async () => {
    for (const sent of [halfHead, halfBody]) await expect(ask(ports[0] ?? 0, sent)).rejects.toThrow('ECONNRESET')
    await until('it is in the access log', async () => (await logged()).filter(({ status }) => status === 408).length === 2)
  })

  it('notes that a client left before it was answered', async () => {
    await leave(ports[0] ?? 0)
    await until('it is in the access log', async () => (await logged()).some(({ path, status }) => path === '/left' && status === 499))
  })

  const logged = async (): Promise<{ path: string; status: number }[]> => {
    const lines = (await readFile(join(nginx.dir, 'logs/access.log'), 'utf8')).split('\n').filter(Boolean)
    return lines.map((line) => JSON.parse(line) as { path: string; status: number })
  }
})

/** Asks for something that takes a while, and leaves. */
async function leave(port: number): Promise<void> {
  const before = echo.seen.length
  const socket = connect(port, '127.0.0.1')
  socket.write('GET /left HTTP/1.1\r\nhost: a.test\r\nx-echo-delay: 10s\r\n\r\n')
  await until('the service is asked', () => echo.seen.length > before)
  socket.destroy()
}
