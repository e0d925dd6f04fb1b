import { createServer, request, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type EngineName, engineNames, type Engines, startEngines } from '../support/engines.ts'

let server: Server
let engines: Engines
const bodyOf = (size: number): string => 'abcdefgh'.repeat(size / 8)

/** Answers with the headers, status and size that the query names. */
beforeAll(async () => {
  server = createServer((asked, response) => {
    const query = new URL(asked.url ?? '/', 'http://x').searchParams
    const size = Number(query.get('size') ?? 4096)
    const headers = [...query].filter(([name]) => !['size', 'status', 'length'].includes(name)).flat()
    response.writeHead(Number(query.get('status') ?? 200), [
      ...(query.has('content-type') ? [] : ['content-type', 'application/json']),
      ...headers,
      ...(query.has('length') ? ['content-length', String(size)] : []),
      ...['x-seen', asked.headers['accept-encoding'] ?? 'nothing'],
    ])
    response.end(asked.method === 'HEAD' ? undefined : bodyOf(size))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port: service } = server.address() as AddressInfo
  engines = await startEngines(
    (port) => `
version: 1
listeners: {public: {port: ${port}, address: 127.0.0.1}}
services: {api: {endpoints: ["127.0.0.1:${service}"]}}
defaults: {route: {compression: {algorithms: [gzip]}}}
routes:
  usual: {match: {path: /usual}, to: api}
  large: {match: {path: /large}, to: api, compression: {types: [image/x-raw], minSize: 8KiB}}
  none: {match: {path: /none}, to: api, compression: none}
  limited: {match: {path: /limited}, to: api, bodyLimit: 1KiB, retry: {when: [5xx]}, cors: {origins: ["*"]}}
  both: {match: {path: /both}, to: api, compression: {algorithms: [brotli, gzip]}}
`,
  )
})
afterAll(async () => {
  await engines.stop()
  await new Promise<void>((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
})

interface Got {
  readonly status: number
  readonly headers: Record<string, string | string[] | undefined>
  readonly body: Buffer
}

function get(engine: EngineName, path: string, accept: string | undefined, method = 'GET'): Promise<Got> {
  return new Promise((resolve, reject) => {
    const headers = { host: 'a.test', ...(accept === undefined ? {} : { 'accept-encoding': accept }) }
    const sent = request({ host: '127.0.0.1', port: engines.ports[engine], path, method, headers, agent: false }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) }))
    })
    sent.on('error', reject).end()
  })
}

describe.each(engineNames)('%s', (engine) => {
  it.each([
    ['/usual', 'gzip', true, 'Accept-Encoding'],
    ['/usual?length=1', 'gzip', true, 'Accept-Encoding'],
    ['/usual', 'deflate, gzip;q=1.0, *;q=0.5', true, 'Accept-Encoding'],
    ['/usual', '*', true, 'Accept-Encoding'],
    ['/usual', 'br', false, 'Accept-Encoding'],
    ['/usual', 'identity;q=1, gzip;q=0.5', false, 'Accept-Encoding'],
    ['/usual', 'gzip;q=0', false, 'Accept-Encoding'],
    ['/usual', 'xgzip', false, 'Accept-Encoding'],
    ['/usual', undefined, false, 'Accept-Encoding'],
    ['/usual?size=1016&length=1', 'gzip', false, undefined],
    ['/usual?size=1024&length=1', 'gzip', true, 'Accept-Encoding'],
    ['/usual?size=16', 'gzip', true, 'Accept-Encoding'],
    ['/usual?content-type=image/png', 'gzip', false, undefined],
    ['/usual?content-type=Text/HTML;charset=utf-8', 'gzip', true, 'Accept-Encoding'],
    ['/usual?cache-control=public,no-transform', 'gzip', false, undefined],
    ['/usual?content-encoding=br', 'gzip', false, undefined],
    ['/usual?status=404', 'gzip', true, 'Accept-Encoding'],
    ['/usual?status=206&length=1', 'gzip', false, undefined],
    ['/usual?vary=Cookie', 'gzip', true, 'Cookie, Accept-Encoding'],
    ['/large?content-type=image/x-raw&size=8184&length=1', 'gzip', false, undefined],
    ['/large?content-type=image/x-raw&size=8192&length=1', 'gzip', true, 'Accept-Encoding'],
    ['/large?length=1', 'gzip', false, undefined],
    ['/none', 'gzip', false, undefined],
    ['/limited', 'gzip', true, 'Origin, Accept-Encoding'],
  ])('answers %s for %s (compressed: %s)', async (path, accept, compressed, vary) => {
    const { headers, body } = await get(engine, path, accept)
    const size = Number(new URLSearchParams(path.split('?')[1]).get('size') ?? 4096)
    expect([headers['content-encoding'] === 'gzip', headers['vary'], headers['x-seen']]).toEqual([compressed, vary, accept ?? 'nothing'])
    expect((compressed ? gunzipSync(body) : body).toString()).toBe(bodyOf(size))
  })

  it('weakens an ETag, and answers HEAD without a body', async () => {
    expect((await get(engine, '/usual?etag=%22abc%22', 'gzip')).headers['etag']).toBe('W/"abc"')
    expect((await get(engine, '/usual?etag=%22abc%22', 'identity')).headers['etag']).toBe('"abc"')
    expect((await get(engine, '/usual?length=1', 'gzip', 'HEAD')).body.length).toBe(0)
  })
})

it('lets the client choose brotli on Envoy, and gives gzip on nginx', async () => {
  const envoy = await get('envoy', '/both', 'br;q=1, gzip;q=0.9')
  expect([envoy.headers['content-encoding'], brotliDecompressSync(envoy.body).toString()]).toEqual(['br', bodyOf(4096)])
  const nginx = await get('nginx', '/both', 'br;q=1, gzip;q=0.9')
  expect([nginx.headers['content-encoding'], gunzipSync(nginx.body).toString()]).toEqual(['gzip', bodyOf(4096)])
})
