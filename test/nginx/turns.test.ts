import { afterEach, expect, it } from 'vitest'
import { startEcho } from '../support/echo.ts'
import { freePort } from '../support/free-port.ts'
import { send } from '../support/http.ts'
import { compileText, startNginx, type TestNginx } from '../support/nginx.ts'
import { until } from '../support/until.ts'

let nginx: TestNginx | undefined
afterEach(() => nginx?.stop())

it('what happens to another service leaves the turns of a service as they are', async () => {
  const echoes = await Promise.all(['a', 'b', 'c'].map((name) => startEcho(name)))
  const failing = await startEcho('failing')
  failing.status = 500
  const port = await freePort()
  const endpoints = echoes.map((echo, n) => `{address: "127.0.0.1:${echo.port}", weight: ${n < 2 ? 1 : 2}}`).join(', ')
  const made = await compileText(`version: 1
listeners: {public: {port: ${port}, address: 127.0.0.1}}
services:
  turns: {endpoints: [${echoes.map((echo) => `"127.0.0.1:${echo.port}"`).join(', ')}]}
  weighted: {endpoints: [${endpoints}]}
  failing: {endpoints: ["127.0.0.1:${failing.port}"], outlierDetection: {consecutive5xx: 1, ejectFor: 10ms, maxEjectFor: 10ms}}
routes: {turns: {match: {path: /turns}, to: turns}, weighted: {match: {path: /weighted}, to: weighted}, failing: {match: {path: /failing}, to: failing}}
`)
  nginx = await startNginx(made, { workers: 1 })
  const order: Record<string, string> = { '/turns': '', '/weighted': '' }
  for (let n = 0; n < 16; n++) {
    await until('an endpoint is ejected', async () => (await send(port, '/failing')).status === 500)
    for (const path of Object.keys(order)) order[path] += (JSON.parse((await send(port, path)).body) as { instance: string }).instance
  }
  expect(order['/turns']).toMatch(/^(c|bc)?(abc)+(a|ab)?$/)
  expect([...(order['/weighted'] ?? '')].filter((name) => name === 'c')).toHaveLength(8)
  await Promise.all([...echoes, failing].map((echo) => echo.close()))
})
