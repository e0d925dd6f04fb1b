import { afterEach, expect, it } from 'vitest'
import { startEcho, type Echo } from '../support/echo.ts'
import { freePort } from '../support/free-port.ts'
import { send } from '../support/http.ts'
import { compileText, startNginx, type TestNginx } from '../support/nginx.ts'

let nginx: TestNginx | undefined
let echo: Echo | undefined
afterEach(async () => {
  await nginx?.stop()
  await echo?.close()
})

it.each(['random', 'round-robin', 'least-request'])(
  'with as many attempts as endpoints, %s finds the only one that answers every time',
  async (strategy) => {
    echo = await startEcho('alive')
    const [port, ...dead] = [await freePort(), await freePort(), await freePort(), await freePort()]
    const endpoints = [...dead, echo.port].map((one) => `"127.0.0.1:${one}"`).join(', ')
    const made = await compileText(`version: 1
listeners: {public: {port: ${port}, address: 127.0.0.1}}
services: {a: {endpoints: [${endpoints}], balancing: ${strategy}, retryBudget: {percent: 100%, minConcurrency: 1000}}}
routes: {a: {match: {path: /*}, to: a, retry: {attempts: 4, when: [connect-failure], backoff: {initial: 1ms}}}}
`)
    nginx = await startNginx(made)
    const replies = []
    for (let round = 0; round < 20; round++) replies.push(...(await Promise.all(Array.from({ length: 10 }, () => send(port, '/x')))))
    expect(replies.filter(({ status }) => status !== 200)).toEqual([])
    expect(echo.seen.length).toBe(200)
  },
)
