import { Code, ConnectError, createClient } from '@connectrpc/connect'
import { connectNodeAdapter, createGrpcTransport, createGrpcWebTransport } from '@connectrpc/connect-node'
import { createServer, type Http2Server } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { RuntimeDiscoveryService } from '#gen/envoy/service/runtime/v3/rtds_pb.js'
import { send } from '../support/http.ts'
import { type Running, startEngine } from './engines.ts'
import { refusalOf } from './refusal.ts'

let service: Http2Server
let gateway: Running

beforeAll(async () => {
  service = createServer(
    connectNodeAdapter({
      // The service speaks gRPC and nothing else.
      ...{ grpcWeb: false, connect: false },
      routes: (router) =>
        router.service(RuntimeDiscoveryService, {
          fetchRuntime(request, context) {
            context.responseTrailer.set('x-trailing', 't')
            if (request.typeUrl === 'fail') throw new ConnectError('not today', Code.ResourceExhausted)
            return { versionInfo: request.versionInfo }
          },
        }),
    }),
  )
  await new Promise<void>((resolve) => service.listen(0, '127.0.0.1', resolve))
  const text = `
version: 1
name: web
listeners: {public: {port: "\${PUBLIC}"}}
services: {runtime: {endpoints: ["127.0.0.1:${(service.address() as AddressInfo).port}"], protocol: grpc}}
routes:
  web: {match: {path: /envoy.service.runtime.v3.RuntimeDiscoveryService/*}, to: runtime, grpcWeb: true, bodyLimit: 1KiB}
`
  gateway = await startEngine('envoy', text, ['public'])
})
afterAll(async () => {
  await gateway.stop()
  service.close()
})

describe('gRPC-Web through Envoy', () => {
  const baseUrl = () => `http://127.0.0.1:${gateway.port('public')}`
  const client = () => createClient(RuntimeDiscoveryService, createGrpcWebTransport({ baseUrl: baseUrl(), httpVersion: '1.1' }))

  it('reaches a service that speaks gRPC alone, with its trailers', async () => {
    let trailing: string | null = null
    const reply = await client().fetchRuntime({ versionInfo: '7' }, { onTrailer: (trailers) => (trailing = trailers.get('x-trailing')) })
    expect(reply.versionInfo).toBe('7')
    expect(trailing).toBe('t')
  })

  it('brings back the status of a refusal', async () => {
    const error = await refusalOf(client().fetchRuntime({ typeUrl: 'fail' }))
    expect(error?.code).toBe(Code.ResourceExhausted)
    expect(error?.rawMessage).toBe('not today')
  })

  it('takes the text form, as older browsers need it', async () => {
    const message = Buffer.from([0, 0, 0, 0, 3, 0x0a, 1, 0x37]).toString('base64')
    const reply = await send(gateway.port('public'), '/envoy.service.runtime.v3.RuntimeDiscoveryService/FetchRuntime', {
      method: 'POST',
      headers: { 'content-type': 'application/grpc-web-text', accept: 'application/grpc-web-text' },
      body: message,
    })
    expect(reply.headers['content-type']).toMatch(/^application\/grpc-web-text/)
    const bytes = Buffer.concat(reply.body.split(/(?<==)(?!=)/).map((part) => Buffer.from(part, 'base64')))
    expect(bytes.subarray(0, 8).toString('hex')).toBe('00000000030a0137')
    expect(bytes.toString()).toContain('grpc-status:0')
  })

  it('lets plain gRPC pass, and stands beside a body limit on the same route', async () => {
    const plain = createClient(RuntimeDiscoveryService, createGrpcTransport({ baseUrl: baseUrl() }))
    expect((await plain.fetchRuntime({ versionInfo: '8' })).versionInfo).toBe('8')
    const error = await refusalOf(client().fetchRuntime({ versionInfo: 'x'.repeat(5_000) }))
    expect(error).toBeDefined()
  })
})
