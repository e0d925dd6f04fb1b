import { expect, test } from 'vitest'
import { startRig } from '../serve/rig.ts'
import { startEcho } from '../support/echo.ts'
import { sendBytes } from '../support/raw-http.ts'

test('an Envoy that gets everything from the control plane reads chunks strictly as well', async () => {
  const echo = await startEcho()
  await using rig = await startRig(
    (port) =>
      `version: 1\nlisteners: {public: {port: ${port}}}\nservices: {app: {endpoints: ["127.0.0.1:${echo.port}"]}}\nroutes: {all: {match: {path: /*}, to: app}}\n`,
  )
  const status = async (body: string) =>
    (await sendBytes(rig.port, `POST / HTTP/1.1\r\nhost: a.test\r\ntransfer-encoding: chunked\r\n\r\n${body}`))?.status
  expect([await status('3\r\nabc\r\n0\r\n\r\n'), await status('3\r\nabcd\r\n0\r\n\r\n'), await status('3\r\nabc\n0\r\n\r\n')]).toEqual([
    200, 400, 400,
  ])
  await echo.close()
})
