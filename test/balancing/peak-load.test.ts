import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { Compiler } from '../../src/compile.ts'
import { features } from '../../src/features/index.ts'
import { LoadReports } from '../../src/live/load-reports.ts'
import type { Service } from '../../src/model/gateway.ts'
import { deltaBetween } from '../../src/nginx/delta.ts'
import { serviceLine, stateOf } from '../../src/nginx/state.ts'
import type { PublishReceipt } from '../../src/live/fleet.ts'
import { type Rig, startRig } from '../serve/rig.ts'
import { type Echo, type Seen, startEcho } from '../support/echo.ts'
import { expectLikely } from '../support/chance.ts'
import { freePort } from '../support/free-port.ts'
import { send } from '../support/http.ts'
import { compileForNginx, startNginx } from '../support/nginx.ts'
import { FakeClock } from '../xds/machine.ts'

let echoes: readonly [Echo, Echo]
beforeAll(async () => {
  echoes = [await startEcho('a'), await startEcho('b')]
})
afterAll(() => Promise.all(echoes.map((echo) => echo.close())))

const text = (port: number): string => `version: 1
listeners: {public: {port: ${port}, address: 127.0.0.1}}
services:
  s: {endpoints: [${echoes.map((echo) => `"127.0.0.1:${echo.port}"`).join(', ')}], balancing: peak-load}
  other: {endpoints: ["127.0.0.1:1"]}
routes:
  s: {match: {path: /s}, to: s}
  other: {match: {path: /other}, to: other}
`

const endpoint = (echo: Echo): string => `127.0.0.1:${echo.port}`

/** How many of 60 requests, one after the other, went to the first endpoint. */
async function first(port: number): Promise<number> {
  let count = 0
  for (let n = 0; n < 60; n++) {
    const reply = await send(port, '/s')
    expect(reply.status, reply.body).toBe(200)
    if ((JSON.parse(reply.body) as Seen).instance === 'a') count++
  }
  return count
}

/** Reports that one endpoint is nearly full, then that nobody says anything any more. */
async function play(
  port: number,
  service: (name: string) => Service | undefined,
  publish: (service: Service) => void,
  taken: () => Promise<unknown>,
) {
  const clock = new FakeClock()
  const reports = new LoadReports({ features, clock, service, publish })
  const [a, b] = echoes
  reports.report('s', endpoint(a), 0.9)
  reports.report('s', endpoint(b), 0.1)
  await taken()
  const busy = await first(port)
  clock.advance(20_000)
  await taken()
  return { busy, silent: await first(port) }
}

it('a reported load changes the weights in a live Envoy, by endpoints alone', async () => {
  await using rig: Rig = await startRig(text)
  const { serving, envoy } = rig
  const clusters = await envoy.stat('cluster_manager.cds.update_success')
  const receipts: PublishReceipt[] = []
  const { busy, silent } = await play(
    rig.port,
    (name) => serving.good.gateway.services.get(name),
    (service) => {
      const receipt = serving.publisher.update(service, serving.good.at)
      if (!('changed' in receipt)) throw new Error(JSON.stringify(receipt))
      receipts.push(receipt)
    },
    () => Promise.all(receipts.map((receipt) => serving.fleet.settled(receipt, { timeoutMs: 5_000 }))),
  )
  expect(busy).toBeLessThanOrEqual(9) // 6 of 60
  expectLikely(silent, 60, 0.5)
  expect(receipts.map((receipt) => receipt.changed)).toEqual([[{ type: 'endpoints', name: 's' }], [{ type: 'endpoints', name: 's' }]])
  expect(await envoy.stat('cluster_manager.cds.update_success')).toBe(clusters)
})

it('a reported load changes the weights in a live nginx, by one line', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'sluice-peak-'))
  const port = await freePort()
  const file = join(dir, 'gateway.yaml')
  await writeFile(file, text(port))
  const made = await compileForNginx(file)
  const { good } = await new Compiler(file, { env: {} }).compile()
  await rm(dir, { recursive: true })
  if (!good) throw new Error('it does not compile')
  const nginx = await startNginx(made)
  try {
    let state = made.state
    const answers: Promise<unknown>[] = []
    const { busy, silent } = await play(
      port,
      (name) => good.gateway.services.get(name),
      (service) => {
        const line = serviceLine(service, { gateway: good.gateway, features, read: () => new Uint8Array() })
        const next = stateOf([...state.lines.values()].map((one) => (one.key === line.key ? line : one)))
        const delta = deltaBetween(state, next)
        expect(delta).toMatchObject({ put: [{ key: 'service/s' }], remove: [] })
        answers.push(nginx.live.post(delta).then((report) => expect(report).toMatchObject({ accepted: true, applied: true })))
        state = next
      },
      () => Promise.all(answers),
    )
    expect(busy).toBeLessThanOrEqual(9)
    expectLikely(silent, 60, 0.5)
    expect(answers).toHaveLength(2)
    expect(state.version).toBe(made.state.version)
  } finally {
    await nginx.stop()
  }
})
