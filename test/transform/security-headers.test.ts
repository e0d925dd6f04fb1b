import { request as overTls } from 'node:https'
import type { IncomingHttpHeaders } from 'node:http'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Echo, startEcho } from '../support/echo.ts'
import { engineNames, type Engines, startEngines, tls } from '../support/engines.ts'
import { freePort } from '../support/free-port.ts'
import { send } from '../support/http.ts'

let echo: Echo
let engines: Engines

beforeAll(async () => {
  echo = await startEcho()
  const dead = await freePort()
  engines = await startEngines(
    (port, secure) => `
version: 1
listeners: {public: {port: ${port}, address: 127.0.0.1}, secure: {port: ${secure}, address: 127.0.0.1, tls: ${tls}}}
services: {echo: {endpoints: ["127.0.0.1:${echo.port}"]}, dead: {endpoints: ["127.0.0.1:${dead}"]}}
defaults: {route: {securityHeaders: {}}}
routes:
  preset: {match: {path: /preset}, to: echo}
  replace: {match: {path: /replace}, to: echo, securityHeaders: {whenPresent: replace, strictTransportSecurity: "max-age=1; includeSubDomains"}}
  dead: {match: {path: /dead}, to: dead}
  fixed: {match: {path: /fixed}, respond: {status: 404, text: none}}
  moved: {match: {path: /moved}, redirect: {path: /preset}}
  without: {match: {path: /without}, to: echo, securityHeaders: {strictTransportSecurity: none}}
`,
  )
})
afterAll(async () => {
  await engines.stop()
  await echo.close()
})

function secureHeaders(port: number, path: string): Promise<IncomingHttpHeaders> {
  return new Promise((resolve, reject) => {
    const sent = overTls({ host: '127.0.0.1', port, path, servername: 'shop.example.com', rejectUnauthorized: false, agent: false }, (response) => {
      response.resume()
      resolve(response.headers)
    })
    sent.on('error', reject).end()
  })
}

describe.each(engineNames)('%s', (engine) => {
  it.each(['/preset', '/dead', '/fixed', '/moved'])('gives every answer of %s the preset', async (path) => {
    const { headers } = await send(engines.ports[engine], path)
    expect(headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'content-security-policy': "frame-ancestors 'none'",
      'referrer-policy': 'strict-origin-when-cross-origin',
    })
    expect(headers).not.toHaveProperty('strict-transport-security')
  })

  it.each([
    ['/preset', 'max-age=31536000'],
    ['/dead', 'max-age=31536000'],
    ['/fixed', 'max-age=31536000'],
    ['/moved', 'max-age=31536000'],
    ['/replace', 'max-age=1; includeSubDomains'],
    ['/without', undefined],
  ])('asks for TLS only over TLS: %s', async (path, value) => {
    expect((await secureHeaders(engines.securePorts[engine], path))['strict-transport-security']).toBe(value)
    expect((await send(engines.ports[engine], path)).headers['strict-transport-security']).toBe(undefined)
  })

  it('keeps what the service says, or replaces it', async () => {
    echo.headers = { 'x-frame-options': 'SAMEORIGIN', 'strict-transport-security': 'max-age=5', 'x-powered-by': 'node', server: 'node/24' }
    const kept = await secureHeaders(engines.securePorts[engine], '/preset')
    const replaced = await secureHeaders(engines.securePorts[engine], '/replace')
    echo.headers = {}
    expect(kept).toMatchObject({ 'x-frame-options': 'SAMEORIGIN', 'strict-transport-security': 'max-age=5', server: 'sluice' })
    expect(replaced).toMatchObject({ 'x-frame-options': 'DENY', 'strict-transport-security': 'max-age=1; includeSubDomains', server: 'sluice' })
    expect([kept, replaced].filter((headers) => 'x-powered-by' in headers)).toEqual([])
  })
})
