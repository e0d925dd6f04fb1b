import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Echo, startEcho } from '../support/echo.ts'
import { freePort } from '../support/free-port.ts'
import { send } from '../support/http.ts'
import { startNginx, type TestNginx } from '../support/nginx.ts'
import { gatewayOf, listenerOn, madeOf, serviceOn, to } from '../support/nginx-routes.ts'
import { routeOf } from '../support/routes.ts'
import { until } from '../support/until.ts'

let nginx: TestNginx
let echo: Echo
let port = 0

beforeAll(async () => {
  port = await freePort()
  echo = await startEcho('one')
  const routes = [routeOf('a', '/a/*', to('echo')), routeOf('b', '/b/*', to('gone'))]
  nginx = await startNginx(madeOf(gatewayOf([listenerOn('public', port)], routes, [serviceOn('echo', [echo.port]), serviceOn('gone', [])])))
})
afterAll(async () => {
  await nginx.stop()
  await echo.close()
})

const value = (text: string, series: string): number =>
  Number(
    text
      .split('\n')
      .find((line) => line.startsWith(`${series} `))
      ?.split(' ')[1] ?? 0,
  )

it('counts every request of both workers by route, service and status, and how long it took', async () => {
  for (let round = 0; round < 20; round++) await send(port, '/a/1')
  for (let round = 0; round < 3; round++) expect((await send(port, '/b/1')).status).toBe(503)
  await send(port, '/nowhere')
  const ok = 'sluice_requests_total{route="a",service="echo",status="200"}'
  const text = await until('both workers have told what they counted', async () => {
    const { body } = await nginx.admin('GET', '/metrics')
    const all = value(body, ok) + value(body, 'sluice_requests_total{route="b",service="gone",status="503"}')
    return all === 23 && value(body, 'sluice_requests_total{route="",service="",status="404"}') === 1 && body
  })
  const series = '{route="a",service="echo"'
  expect(value(text, `sluice_request_duration_seconds_bucket${series},le="+Inf"}`)).toBe(20)
  expect(value(text, `sluice_request_duration_seconds_count${series}}`)).toBe(20)
  const buckets = [...text.matchAll(/_bucket\{route="a",service="echo",le="[^"]+"\} (\d+)/g)].map(([, count]) => Number(count))
  expect(buckets).toEqual(buckets.toSorted((x, y) => x - y))
  expect(buckets).toHaveLength(12)
  expect(nginx.output()).toBe('')
})
