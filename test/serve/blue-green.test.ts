import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { startEcho } from '../support/echo.ts'
import { send } from '../support/http.ts'
import { startLoad } from '../support/load.ts'
import { until } from '../support/until.ts'
import { startNginxRig } from './nginx-rig.ts'
import { startRig } from './rig.ts'

const example = join(import.meta.dirname, '../../examples/blue-green.yaml')
type Color = 'blue' | 'green'

/** The example with its four instances on this machine. */
async function instances(): Promise<(port: number, live: Color) => string> {
  const written = await readFile(example, 'utf8')
  const echoes = await Promise.all((['blue', 'blue', 'green', 'green'] as const).map((name) => startEcho(name)))
  const addresses = ['10.0.0.1:9000', '10.0.0.2:9000', '10.0.1.1:9000', '10.0.1.2:9000']
  const placed = addresses.reduce((text, address, index) => text.replace(address, `127.0.0.1:${echoes[index]?.port ?? 0}`), written)
  return (port, live) => placed.replace('port: 8080', `port: ${port}`).replace('match: {path: /*}, to: blue', `match: {path: /*}, to: ${live}`)
}

async function instanceAt(port: number, host = 'shop.test'): Promise<string> {
  const { status, body } = await send(port, '/', { headers: { host } })
  return status === 200 ? (JSON.parse(body) as { instance: string }).instance : `${status}`
}

/** Switches to and fro under load, one word at a time; after each switch every request has to be answered by the new color. */
async function switchUnderLoad(port: number, apply: (live: Color) => Promise<unknown>): Promise<void> {
  await until('blue is live', async () => (await instanceAt(port)) === 'blue')
  await until('green can be tried', async () => (await instanceAt(port, 'green.example.com')) === 'green')
  const load = startLoad({ port, path: (index) => `/${index}`, host: 'shop.test', rate: 300 })
  for (const live of ['green', 'blue', 'green', 'blue', 'green'] as const) {
    await apply(live)
    const answered = await Promise.all(Array.from({ length: 20 }, () => instanceAt(port)))
    expect(new Set(answered)).toEqual(new Set([live]))
    const before = load.sent()
    await until('the load goes on', () => load.sent() > before + 50)
  }
  const { requests, failures } = await load.stop()
  expect(failures).toEqual([])
  expect(requests).toBeGreaterThan(250)
}

describe('a blue/green switch under load loses no request', () => {
  it('on Envoy', async () => {
    const text = await instances()
    await using rig = await startRig((port) => text(port, 'blue'))
    await switchUnderLoad(rig.port, (live) => rig.apply(text(rig.port, live)))
  })

  it('on nginx, without a reload', async () => {
    const text = await instances()
    await using rig = await startNginxRig((port) => text(port, 'blue'))
    const workers = await rig.workers()
    await switchUnderLoad(rig.port, (live) => rig.apply(text(rig.port, live)))
    expect(await rig.workers()).toEqual(workers)
  })
})
