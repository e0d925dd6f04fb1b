import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Rig, startRig } from '../serve/rig.ts'
import { type Echo, startEcho } from '../support/echo.ts'
import { send } from '../support/http.ts'

let rig: Rig
let flaky: Echo

beforeAll(async () => {
  flaky = await startEcho('flaky')
  flaky.status = 503
  rig = await startRig(
    (port) => `version: 1
listeners: {public: {port: ${port}, address: 127.0.0.1}}
services: {flaky: {endpoints: ["127.0.0.1:${flaky.port}"]}}
defaults: {route: {retry: {attempts: 3, when: [5xx], backoff: {initial: 1ms}}}}
routes:
  inherited-a: {match: {path: /a}, to: flaky}
  inherited-b: {match: {path: /b}, to: flaky}
  own: {match: {path: /own}, to: flaky, retry: {attempts: 2}}
  cleared: {match: {path: /cleared}, to: flaky, retry: none}
${Array.from({ length: 120 }, (_, index) => `  many-${index}: {match: {path: /many/${index}}, hosts: [many.test], to: flaky${index === 7 ? ', retry: none' : ''}}`).join('\n')}
`,
  )
})

afterAll(async () => {
  await rig[Symbol.asyncDispose]()
  await flaky.close()
})

const attempts = async (path: string, host = '127.0.0.1'): Promise<number> => {
  flaky.seen.length = 0
  await send(rig.port, path, { headers: { host } })
  return flaky.seen.length
}

it('retries as each route says, where routes share a policy and where they do not', async () => {
  expect(await attempts('/a')).toBe(3)
  expect(await attempts('/b')).toBe(3)
  expect(await attempts('/own')).toBe(2)
  expect(await attempts('/cleared')).toBe(1)
})

it('does the same in a host that is emitted as a matcher', async () => {
  expect(await attempts('/many/6', 'many.test')).toBe(3)
  expect(await attempts('/many/7', 'many.test')).toBe(1)
})
