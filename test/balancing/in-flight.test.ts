import { createServer, type Server, type ServerResponse } from 'node:http'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Echo, startEcho } from '../support/echo.ts'
import { freePort } from '../support/free-port.ts'
import { send } from '../support/http.ts'
import { compileText, startNginx } from '../support/nginx.ts'
import { until } from '../support/until.ts'

/** Holds every request until it is told to answer. */
let holding: Server
let held: ServerResponse[] = []
let answers = false
let holdingPort: number
let quick: Echo
beforeAll(async () => {
  quick = await startEcho('quick')
  holding = createServer((_, response) => {
    if (answers) response.end('held')
    else held.push(response)
  })
  holdingPort = await freePort()
  await new Promise<void>((resolve) => holding.listen(holdingPort, '127.0.0.1', resolve))
})
afterAll(async () => {
  holding.closeAllConnections()
  holding.close()
  await quick.close()
})

it('requests under way count on after a change of their service and after one of everything', async () => {
  const port = await freePort()
  const text = (endpoints: string, more = ''): string => `version: 1
listeners: {public: {port: ${port}, address: 127.0.0.1}}
services:
  s: {endpoints: [${endpoints}], balancing: least-request}
${more}routes:
  s: {match: {path: /s}, to: s}
`
  const one = `"127.0.0.1:${holdingPort}"`
  const two = `${one}, "127.0.0.1:${quick.port}"`
  const nginx = await startNginx(await compileText(text(one)), { workers: 1 })
  try {
    const slow = Array.from({ length: 6 }, () => send(port, '/s'))
    await until('six requests are under way', () => held.length === 6)
    for (const next of [text(two), text(two, '  other: {endpoints: ["127.0.0.1:1"]}\n')]) {
      expect((await nginx.put((await compileText(next)).state)).status).toBe(200)
      for (let n = 0; n < 8; n++) expect((await send(port, '/s')).body).toContain('quick')
    }
    answers = true
    for (const response of held) response.end('held')
    held = []
    for (const reply of await Promise.all(slow)) expect(reply.status).toBe(200)
    // Their places are free again.
    await until('the other one is used as well', async () => (await send(port, '/s')).body === 'held')
  } finally {
    await nginx.stop()
  }
})
