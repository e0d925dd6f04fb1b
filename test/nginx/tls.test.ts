import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { connect as connectHttp2 } from 'node:http2'
import { createServer, type Server } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect as connectTls, createSecureContext, type TLSSocket } from 'node:tls'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { deltaBetween } from '../../src/nginx/delta.ts'
import { reloadReasons, startBetween } from '../../src/nginx/needs-reload.ts'
import { freePort } from '../support/free-port.ts'
import { send } from '../support/http.ts'
import { compileText, type ForNginx, startNginx, type TestNginx } from '../support/nginx.ts'

const dir = mkdtempSync(join(tmpdir(), 'sluice-tls-'))
const openssl = (...args: string[]): unknown => execFileSync('openssl', args, { cwd: dir, stdio: 'pipe' })
const ec = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '30']
const text = (name: string): string => readFileSync(join(dir, name), 'utf8')

/** `NAME.pem` and `NAME.key` for DNS names, signed by `ca`, or by itself. */
function certificate(name: string, names: readonly string[], ca?: string): void {
  const signer = ca === undefined ? [] : ['-CA', `${ca}.pem`, '-CAkey', `${ca}.key`]
  const san = ['-addext', `subjectAltName=${names.map((one) => `DNS:${one}`).join(',')}`]
  openssl('req', '-x509', ...ec, ...signer, '-subj', `/CN=${name}`, ...(names.length > 0 ? san : []), '-keyout', `${name}.key`, '-out', `${name}.pem`)
}

let upstream: Server
let port: number
let plain: number
let made: (first: string) => Promise<ForNginx>
let nginx: TestNginx

beforeAll(async () => {
  certificate('ca', [])
  certificate('otherca', [])
  certificate('first', ['one.test'])
  certificate('second', ['*.two.test'])
  certificate('renewed', ['one.test'])
  certificate('a', ['a.inner'], 'ca')
  certificate('b', ['b.inner'], 'ca')
  const pair = (name: string) => ({ cert: text(`${name}.pem`), key: text(`${name}.key`) })
  const asked = (request: { socket: unknown }) => String((request.socket as TLSSocket & { servername?: string }).servername)
  const choose = {
    SNICallback: (name: string, done: (error: Error | null, context: ReturnType<typeof createSecureContext>) => void) =>
      done(null, createSecureContext(pair(name.startsWith('b') ? 'b' : 'a'))),
  }
  upstream = createServer({ ...pair('a'), ...choose }, (request, response) => response.end(asked(request)))
  await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve))
  const address = upstream.address()
  const at = `127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`
  ;[port, plain] = [await freePort(), await freePort()]
  const files = Object.fromEntries(['first', 'second', 'renewed'].flatMap((name) => [`${name}.pem`, `${name}.key`].map((file) => [file, text(file)])))
  made = (first) =>
    compileText(
      `
version: 1
name: tls
listeners:
  secure:
    port: ${port}
    errorFormat: text
    tls: {certificates: [{cert: ${first}.pem, key: "secret://file/${first}.key"}, {cert: second.pem, key: "secret://file/second.key"}]}
  plain: {port: ${plain}, redirectTo: secure}
services:
  a: {endpoints: ["${at}"], tls: {serverName: a.inner, ca: ca.pem}}
  b: {endpoints: ["${at}"], tls: {serverName: b.inner, ca: ca.pem}}
  wrong-name: {endpoints: ["${at}"], tls: {serverName: c.inner, ca: ca.pem}}
  wrong-ca: {endpoints: ["${at}"], tls: {serverName: a.inner, ca: otherca.pem}}
  unverified: {endpoints: ["${at}"], tls: {serverName: c.inner, verify: false}}
routes:
  own: {match: {path: /own}, respond: {status: 200, text: own}}
${['a', 'b', 'wrong-name', 'wrong-ca', 'unverified'].map((name) => `  ${name}: {match: {path: /${name}}, to: ${name}}`).join('\n')}
`,
      { ...files, 'ca.pem': text('ca.pem'), 'otherca.pem': text('otherca.pem') },
    )
  nginx = await startNginx(await made('first'))
})
afterAll(async () => {
  await nginx.stop()
  upstream.close()
  rmSync(dir, { recursive: true, force: true })
})

/** Subject of the certificate that a client gets who asks for the name. */
function served(servername: string, more: object = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connectTls({ host: '127.0.0.1', port, servername, rejectUnauthorized: false, ...more }, () => {
      resolve(String(socket.getPeerCertificate().subject.CN))
      socket.destroy()
    })
    socket.once('error', reject)
  })
}

function get(path: string): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const session = connectHttp2(`https://127.0.0.1:${port}`, { servername: 'one.test', rejectUnauthorized: false })
    session.once('error', reject)
    const stream = session.request({ ':path': path, ':authority': 'one.test' })
    let [status, body] = [0, '']
    stream.on('response', (headers) => (status = Number(headers[':status'])))
    stream.setEncoding('utf8').on('data', (chunk: string) => (body += chunk))
    stream.on('end', () => {
      session.close()
      resolve({ status, body })
    })
  })
}

describe('a TLS listener', () => {
  it('chooses the certificate by name: exact, wildcard, else the first; never the placeholder', async () => {
    const names = ['one.test', 'ONE.test', 'x.two.test', 'other.test']
    expect(await Promise.all(names.map((name) => served(name)))).toEqual(['first', 'first', 'second', 'first'])
  })

  it('speaks HTTP/2, and no TLS before 1.2', async () => {
    expect(await get('/own')).toEqual({ status: 200, body: 'own' })
    expect(await get('/%2f')).toEqual({ status: 400, body: expect.stringMatching(/^Bad Request: /) as string })
    await expect(served('one.test', { maxVersion: 'TLSv1.1', minVersion: 'TLSv1', ciphers: 'DEFAULT@SECLEVEL=0' })).rejects.toThrow()
  })

  it('is where the plain listener sends its clients', async () => {
    expect((await send(plain, '/x?y', { headers: { host: 'one.test' } })).headers.location).toBe(`https://one.test:${port}/x?y`)
  })

  it('takes a renewed certificate as one delta, without a reload; keys stay out of nginx.conf and of world-readable files', async () => {
    const [before, after] = [await made('first'), await made('renewed')]
    const delta = deltaBetween(before.state, after.state)
    expect([delta.put.map(({ key }) => key), delta.remove, reloadReasons(before.start, after.start)]).toEqual([['listener/secure'], [], []])
    const workers = await nginx.workers()
    expect((await nginx.post(delta)).status).toBe(200)
    expect(await served('one.test')).toBe('renewed')
    expect(await nginx.workers()).toEqual(workers)
    expect(readFileSync(join(nginx.dir, 'nginx.conf'), 'utf8')).not.toContain('PRIVATE')
  })

  it('refuses a certificate that cannot be used, and keeps the old one', async () => {
    const [before, after] = [await made('renewed'), await made('first')]
    const delta = deltaBetween(before.state, after.state)
    const bad = {
      ...delta,
      put: delta.put.map((line) => ({ ...line, json: line.json.replace(/BEGIN PRIVATE KEY-----/, 'BEGIN PRIVATE KEY-----x') })),
    }
    const reply = await nginx.post(bad)
    expect([reply.status, reply.body]).toEqual([422, expect.stringContaining('the key of certificate 1 cannot be read')])
    expect(reply.body).not.toContain('PRIVATE')
    expect(await served('one.test')).toBe('renewed')
  })
})

describe('TLS to services', () => {
  it('asks for the name and verifies it; two names at one address never share a connection', async () => {
    for (let round = 0; round < 4; round++) {
      expect(await Promise.all(['/a', '/b'].map(get))).toEqual([
        { status: 200, body: 'a.inner' },
        { status: 200, body: 'b.inner' },
      ])
    }
  })

  it('answers 503 for another name or another authority, and takes both only when told so', async () => {
    expect((await get('/wrong-name')).status).toBe(503)
    expect((await get('/wrong-ca')).status).toBe(503)
    expect(await get('/unverified')).toEqual({ status: 200, body: 'c.inner' })
  })

  it('needs a reload only for another authority', async () => {
    const { start } = await made('first')
    expect([...start.trusts.keys()]).toEqual([expect.stringMatching(/^ca/), expect.stringMatching(/^ca/), 'none'])
    const none = { ...start, trusts: new Map() }
    expect(reloadReasons(none, start)).toEqual(['certificates of services are checked by other authorities, or in another way'])
    expect(reloadReasons(start, none)).toEqual([])
    expect(startBetween(start, none)).toEqual(start)
  })
})
