import { expect, it } from 'vitest'
import type { StatusView } from '../../src/admin/status-schema.ts'
import { startEcho } from '../support/echo.ts'
import { freePort } from '../support/free-port.ts'
import { until } from '../support/until.ts'
import { workplace } from './run-cli.ts'
import { startSluice } from './serving.ts'

it('status names the backend that is down while `run` supervises the proxy, until it is back', async () => {
  const [up, down] = [await startEcho('up'), await startEcho('down')]
  await using place = await workplace({
    'gateway.yaml': `version: 1
listeners: {public: {port: ${await freePort()}, address: 127.0.0.1}}
services:
  segmentation:
    endpoints: ["127.0.0.1:${up.port}", "127.0.0.1:${down.port}"]
    healthCheck: {path: /health, interval: 100ms, timeout: 30s, unhealthyAfter: 2, healthyAfter: 2}
routes:
  all: {match: {path: /*}, to: segmentation}
`,
  })
  await using running = startSluice(place.dir, ['run', '--admin', '127.0.0.1:0', '--concurrency', '1', '--drain', '100ms'])
  const [, address = ''] = await running.says(/ready: .*admin API on http:\/\/(\S+)/)
  const look = (...more: string[]) => place.run(['status', '--admin', address, ...more])
  const engine = async () => (JSON.parse((await look('--format', 'json')).stdout) as StatusView).engine
  await until('both are in', async () => (await engine())?.sickEndpoints?.length === 0)
  expect((await look()).stdout).not.toContain('sick')

  await down.close()
  const line = `sick endpoints (seen by the proxy of this run)\n  segmentation 127.0.0.1:${down.port}: failed health check\n`
  await until('the sick one is shown', async () => (await look()).stdout.endsWith(line))
  expect(await engine()).toMatchObject({
    state: 'running',
    sickEndpoints: [{ service: 'segmentation', address: `127.0.0.1:${down.port}`, reason: 'failed health check' }],
  })
  expect((await look()).code).toBe(0)

  await down.reopen()
  await until('it is gone from the list', async () => (await engine())?.sickEndpoints?.length === 0)
  expect((await look()).stdout).not.toContain('sick')

  // A proxy that hangs: its socket takes the question, and nobody answers.
  const pid = Number(/pid (\d+)/.exec((await engine())?.detail ?? '')?.[1])
  process.kill(pid, 'SIGSTOP')
  try {
    expect((await engine())?.sickEndpoints).toBe('unknown')
  } finally {
    process.kill(pid, 'SIGCONT')
  }
  await Promise.all([up.close(), down.close()])
})
