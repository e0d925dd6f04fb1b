import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createSecureServer } from 'node:http2'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect as tlsConnect } from 'node:tls'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Rig, startRig } from '../serve/rig.ts'
import { freePort } from '../support/free-port.ts'
import { send } from '../support/http.ts'
import { until } from '../support/until.ts'

const dir = mkdtempSync(join(tmpdir(), 'sluice-tls-'))
const servers: { close(): unknown }[] = []
let rig: Rig
let plain: number

/** A self-signed certificate for the name, as NAME.pem and NAME.key. */
function certify(file: string, name: string): void {
  const subject = ['-subj', `/CN=${name}`, '-addext', `subjectAltName=DNS:${name}`]
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '30']
  execFileSync('openssl', ['req', '-x509', ...key, ...subject, '-keyout', join(dir, `${file}.key`), '-out', join(dir, `${file}.pem`)], {
    stdio: 'ignore',
  })
}

const pair = (file: string) => ({ cert: readFileSync(join(dir, `${file}.pem`)), key: readFileSync(join(dir, `${file}.key`)) })

async function listening(server: Server | ReturnType<typeof createSecureServer>): Promise<number> {
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}

beforeAll(async () => {
  mkdirSync(join(dir, 'certs'))
  certify('certs/shop', 'shop.test')
  certify('right', 'orders.internal')
  certify('wrong', 'evil.internal')
  const right = await listening(createServer(pair('right'), (request, response) => response.end(`right ${request.url}`)))
  const wrong = await listening(createServer(pair('wrong'), (_, response) => response.end('wrong')))
  const h2 = await listening(createSecureServer(pair('right'), (request, response) => response.end(`h2 ${request.httpVersion}`)))
  plain = await freePort()
  rig = await startRig(
    (port) => `version: 1
listeners:
  public:
    port: ${port}
    address: 127.0.0.1
    tls: {certificates: [{cert: ${dir}/certs/shop.pem, key: 'secret://file/${dir}/certs/shop.key'}]}
  plain: {port: ${plain}, address: 127.0.0.1, redirectTo: public}
services:
  right: {endpoints: ["127.0.0.1:${right}"], tls: {serverName: orders.internal, ca: ${dir}/right.pem}}
  wrong-name: {endpoints: ["127.0.0.1:${right}"], tls: {serverName: billing.internal, ca: ${dir}/right.pem}}
  wrong-authority: {endpoints: ["127.0.0.1:${wrong}"], tls: {serverName: evil.internal, ca: ${dir}/right.pem}}
  modern: {endpoints: ["127.0.0.1:${h2}"], protocol: h2, tls: {serverName: orders.internal, ca: ${dir}/right.pem}}
routes:
  right: {match: {path: /right}, to: right}
  wrong-name: {match: {path: /wrong-name}, to: wrong-name}
  wrong-authority: {match: {path: /wrong-authority}, to: wrong-authority}
  modern: {match: {path: /modern}, to: modern}
`,
  )
})

afterAll(async () => {
  await rig[Symbol.asyncDispose]()
  for (const server of servers) server.close()
  rmSync(dir, { recursive: true, force: true })
})

/** One request over HTTP/2 and TLS; trusts only the given certificate. */
function get(path: string): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const session = connect(`https://127.0.0.1:${rig.port}`, { ca: readFileSync(join(dir, 'certs/shop.pem')), servername: 'shop.test' })
    session.on('error', reject)
    const stream = session.request({ ':path': path, ':authority': 'shop.test' })
    let status = 0
    let body = ''
    stream.on('response', (headers) => (status = headers[':status'] ?? 0))
    stream.on('data', (chunk: Buffer) => (body += chunk.toString()))
    stream.on('end', () => {
      session.close()
      resolve({ status, body })
    })
    stream.on('error', reject)
    stream.end()
  })
}

/** Serial number of the certificate that a new handshake is given, and the protocol that was agreed on. */
function handshake(
  options: { maxVersion?: 'TLSv1.1' | 'TLSv1.3'; minVersion?: 'TLSv1' } = {},
): Promise<{ serial: string; alpn: string | false | null }> {
  return new Promise((resolve, reject) => {
    const socket = tlsConnect(
      { host: '127.0.0.1', port: rig.port, servername: 'shop.test', rejectUnauthorized: false, ALPNProtocols: ['h2', 'http/1.1'], ...options },
      () => {
        resolve({ serial: socket.getPeerCertificate().serialNumber, alpn: socket.alpnProtocol })
        socket.destroy()
      },
    )
    socket.on('error', reject)
  })
}

it('serves HTTPS with HTTP/2, and refuses old TLS', async () => {
  expect(await get('/right')).toEqual({ status: 200, body: 'right /right' })
  expect((await handshake()).alpn).toBe('h2')
  await expect(handshake({ minVersion: 'TLSv1', maxVersion: 'TLSv1.1' })).rejects.toThrow()
})

it('redirects the plain listener to the port of the other one', async () => {
  const reply = await send(plain, '/right?x=1', { headers: { host: `shop.test:${plain}` } })
  expect([reply.status, reply.headers['location']]).toEqual([308, `https://shop.test:${rig.port}/right?x=1`])
})

it('verifies the name and the authority of a service', async () => {
  expect((await get('/wrong-name')).status).toBe(503)
  expect((await get('/wrong-authority')).status).toBe(503)
})

it('speaks HTTP/2 to a service that asks for it', async () => {
  expect(await get('/modern')).toEqual({ status: 200, body: 'h2 2.0' })
})

it('takes a renewed certificate up without closing a connection', async () => {
  const before = await handshake()
  const open = connect(`https://127.0.0.1:${rig.port}`, { ca: readFileSync(join(dir, 'certs/shop.pem')), servername: 'shop.test' })
  await new Promise((resolve) => open.once('connect', resolve))
  const ends: string[] = []
  open.once('goaway', () => ends.push('goaway')).once('close', () => ends.push('close'))
  certify('certs/shop', 'shop.test')
  await rig.serving.reload('a new certificate')
  await until('new handshakes get it', async () => (await handshake()).serial !== before.serial)
  expect(ends).toEqual([])
  expect(rig.serving.last.receipt?.changed.map((key) => key.type)).toEqual(['secret'])
  open.destroy()
})

it('keeps the old pair when the new files do not belong together', async () => {
  const before = await handshake()
  certify('other', 'shop.test')

  writeFileSync(join(dir, 'certs/shop.key'), readFileSync(join(dir, 'other.key')))
  await rig.serving.reload('a wrong key')
  expect(rig.serving.last.diagnostics.map((finding) => finding.code)).toEqual(['listener-tls/key-mismatch'])
  expect(await handshake()).toEqual(before)
})
