import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createLookup } from '../../src/live/lookup.ts'
import { Names, type NamesOptions } from '../../src/live/names.ts'
import { systemClock } from '../../src/xds/clock.ts'
import { type NameServer, startNameServer } from '../support/name-server.ts'
import { until } from '../support/until.ts'

let server: NameServer
let names: Names
let changes: string[]
let problems: string[]
/** What was waited before a question, in milliseconds. */
let pauses: number[]

/** `timeoutMs`: how long the name server may take; short where it is silent. */
function start(timeoutMs = 10_000, more: Partial<NamesOptions> = {}): Names {
  names = new Names({
    lookup: createLookup({ servers: [server.address], timeoutMs, hostsFile: '/dev/null', resolvConf: '/dev/null' }),
    clock: {
      ...systemClock,
      after: (ms, run) => {
        pauses.push(ms)
        return systemClock.after(ms, run)
      },
    },
    changed: (host) => changes.push(`${host} ${names.addresses(host)?.join() ?? ''}`),
    problem: (host, problem) => problems.push(`${host}: ${problem ?? 'well'}`),
    pace: { minMs: 50, maxMs: 200, retryMs: 50, maxRetryMs: 200 },
    ...more,
  })
  return names
}

beforeEach(async () => {
  server = await startNameServer()
  changes = []
  problems = []
  pauses = []
})
afterEach(async () => {
  names.close()
  await server.close()
})

describe('names that are followed', () => {
  it('are asked for again when their time is over, and tell a change once', async () => {
    server.zones.set('a.test', { addresses: ['10.0.0.2', '10.0.0.1'], ttl: 0 })
    start().follow(['a.test'])
    await names.first(60_000)
    expect(names.addresses('a.test')).toEqual(['10.0.0.1', '10.0.0.2'])
    await until('it is asked for again', () => server.asked.length >= 3)
    server.zones.set('a.test', { addresses: ['10.0.0.3'], ttl: 0 })
    await until('the change is known', () => names.addresses('a.test')?.join() === '10.0.0.3')
    expect(changes).toEqual(['a.test 10.0.0.1,10.0.0.2', 'a.test 10.0.0.3'])
  })

  it('keep their last good addresses when the name is gone, empty, or nobody answers', async () => {
    server.zones.set('a.test', { addresses: ['10.0.0.1'], ttl: 0 })
    start(100).follow(['a.test'])
    await until('it is known', () => names.addresses('a.test'))
    for (const [zone, words] of [
      [{ fail: 'no-such-name' }, 'there is no such name'],
      [{ addresses: [] }, 'the name has no addresses'],
      [{ fail: 'silent' }, 'no name server answers in time'],
    ] as const) {
      server.zones.set('a.test', zone)
      await until(`it says that ${words}`, () => names.problems()[0]?.problem === words)
      expect(names.addresses('a.test')).toEqual(['10.0.0.1'])
    }
    server.zones.set('a.test', { addresses: ['10.0.0.1'], ttl: 0 })
    await until('it is well again', () => names.problems().length === 0)
    expect(changes).toEqual(['a.test 10.0.0.1'])
    expect(problems.at(-1)).toBe('a.test: well')
  })

  it('with a time to live of 0 or with failures are not asked for without a pause', async () => {
    server.zones.set('zero.test', { addresses: ['10.0.0.1'], ttl: 0 })
    start().follow(['zero.test'])
    await until('it was asked for again', () => server.asked.length > 3)
    // A pause before each question but the first.
    expect([new Set(pauses), server.asked.length <= pauses.length + 1]).toEqual([new Set([50]), true])
    names.follow(['missing.test'])
    pauses.length = server.asked.length = 0
    await until('it was asked for again', () => server.asked.length > 3)
    const [first = 0, second = 0, ...later] = pauses
    expect([first >= 50, second >= 100, later.every((ms) => ms >= 200), server.asked.length <= pauses.length + 1]).toEqual([true, true, true, true])
  })

  it('may have 300 addresses, and one that hangs holds up no other', async () => {
    const many = Array.from({ length: 300 }, (_, index) => `10.1.${index >> 8}.${index & 255}`)
    server.zones.set('many.test', { addresses: many })
    server.zones.set('hang.test', { fail: 'silent' })
    start(100).follow(['hang.test', 'many.test'])
    await until('all are known', () => names.addresses('many.test')?.length === 300)
    expect(names.addresses('hang.test')).toBeUndefined()
    await until(
      'the other has failed',
      () =>
        names
          .problems()
          .map(({ host, problem }) => `${host}: ${problem}`)
          .join() === 'hang.test: no name server answers in time',
    )
  })

  it('are forgotten when nobody names them any more', async () => {
    server.zones.set('a.test', { addresses: ['10.0.0.1'], ttl: 0 })
    start().follow(['a.test'])
    await names.first(60_000)
    names.follow([])
    const asked = server.asked.length
    await delay(150)
    expect([names.addresses('a.test'), server.asked.length]).toEqual([undefined, asked])
  })

  it('go on with what was known before, while nothing else is', async () => {
    const again = start(10_000, { known: new Map([['gone.test', ['10.0.0.9']]]) })
    again.follow(['gone.test'])
    await until('it has failed', () => again.problems().length === 1)
    expect(again.addresses('gone.test')).toEqual(['10.0.0.9'])
  })
})

it('names are looked for in the hosts file, and under the search domains as ndots says', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'sluice-names-'))
  await writeFile(join(dir, 'hosts'), '127.0.0.1 localhost\n# 10.9.9.9 off.test\n::1 both.test\n10.0.0.7 Both.test alias # comment\n')
  await writeFile(join(dir, 'resolv.conf'), 'search ns.svc.test svc.test\noptions ndots:2\n')
  const lookup = createLookup({ servers: [server.address], timeoutMs: 10_000, hostsFile: join(dir, 'hosts'), resolvConf: join(dir, 'resolv.conf') })
  expect((await lookup('both.test')).addresses).toEqual(['10.0.0.7'])
  server.zones.set('billing.svc.test', { addresses: ['10.0.0.8'], ttl: 7 })
  expect(await lookup('billing')).toEqual({ addresses: ['10.0.0.8'], ttlMs: 7_000 })
  expect(server.asked).toEqual(['billing.ns.svc.test', 'billing.svc.test'])
  await expect(lookup('off.test')).rejects.toThrow('there is no such name')
  await rm(dir, { recursive: true, force: true })
})
