import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { freePort } from '../support/free-port.ts'
import { send } from '../support/http.ts'
import { type LongService, type LongStreams, openLongStreams, startLongService } from '../support/long-streams.ts'
import { until } from '../support/until.ts'
import { drainMs, startNginxRig } from './nginx-rig.ts'
import { startRig } from './rig.ts'

let service: LongService
beforeAll(async () => {
  service = await startLongService()
})
afterAll(() => service.stop())

/** A change of everything but listeners. */
const changed = (round: number): string =>
  `  extra-${round % 3}: {match: {path: /extra/${round}}, respond: {status: 204}, headers: {response: {set: {x-round: "${round}"}}}}\n`

test.each([['envoy'], ['nginx']] as const)('streams through %s go on while everything around them changes', async (engine) => {
  const secure = await freePort()
  const text = (port: number, round: number): string => service.text(port, secure, changed(round)).replace('short: {', `short${round}: {`)
  await using rig = engine === 'envoy' ? await startRig((port) => text(port, 0)) : await startNginxRig((port) => text(port, 0))
  const streams = await openLongStreams(rig.port, secure)
  for (let round = 1; round <= 12; round++) {
    await rig.apply(text(rig.port, round))
    expect((await send(rig.port, `/extra/${round}`)).headers['x-round']).toBe(String(round))
    await streams.talk()
  }
  expect(streams.ended()).toEqual([])
  streams.close()
})

test('streams through Envoy go on when another listener comes and goes', async () => {
  const [secure, third] = [await freePort(), await freePort()]
  const text = (port: number): string => service.text(port, secure)
  const withThird = (port: number): string => text(port).replace('listeners:\n', `listeners:\n  third: {port: ${third}}\n`)
  await using rig = await startRig(text)
  const streams = await openLongStreams(rig.port, secure)
  for (let round = 0; round < 3; round++) {
    await rig.apply(withThird(rig.port))
    // The acceptance comes before the workers of Envoy listen.
    await until('the port is open', async () => (await send(third, '/short')).body === 'ok')
    await rig.apply(text(rig.port))
    await streams.talk()
  }
  expect(streams.ended()).toEqual([])
  streams.close()
})

test('streams through nginx go on after a reload, for as long as old workers may finish, while new ones serve', async () => {
  const [secure, third] = [await freePort(), await freePort()]
  const text = (port: number): string => service.text(port, secure)
  await using rig = await startNginxRig(text)
  const streams = await openLongStreams(rig.port, secure)
  const old = await rig.workers()
  const begin = performance.now()
  await rig.apply(text(rig.port).replace('listeners:\n', `listeners:\n  third: {port: ${third}}\n`))
  expect((await send(third, '/short')).body).toBe('ok')
  expect(rig.serving.publisher.reloads).toBe(1)
  await talkWithin(streams, begin)
  // An old worker that is not yet told to go may still take a connection.
  await until('the old workers take no more', () => old.every((pid) => titleOf(pid).includes('shutting down')))
  const fresh = await openLongStreams(rig.port, secure)
  await until('the old streams are over', () => streams.ended().length === 3)
  expect(performance.now() - begin).toBeGreaterThan(drainMs - 1_000)
  await until('the old workers are gone', async () => {
    const now = await rig.workers()
    return now.length === 2 && now.every((pid) => !old.includes(pid))
  })
  await fresh.talk()
  expect(fresh.ended()).toEqual([])
  streams.close()
  fresh.close()
})

/** The streams are well for as long as old workers may finish; one that is asked later than that may be over. */
async function talkWithin(streams: LongStreams, begin: number): Promise<void> {
  const ended = await streams.talk().then(
    () => streams.ended(),
    (error: unknown) => [String(error)],
  )
  if (performance.now() - begin < drainMs) expect(ended).toEqual([])
}

/** What nginx calls a worker; nothing once it is gone. */
function titleOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
  } catch {
    return 'shutting down and gone'
  }
}
