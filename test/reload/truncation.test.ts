import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { Compiler } from '../../src/compile.ts'
import type { Files } from '../../src/config/files.ts'
import { Follower } from '../../src/reload/follow.ts'
import type { Stamps } from '../../src/reload/stamps.ts'
import type { Clock } from '../../src/xds/clock.ts'
import { seeded } from '../support/random.ts'
import { follow, gatewayText } from './followed.ts'

const names = Array.from({ length: 12 }, (_, i) => `r${i}`)
const old = gatewayText(names)
/** Cut anywhere, this lacks the end of the old text. An addition at the end that is cut between two routes is not to be told from a smaller addition. */
const middle = gatewayText([...names.slice(0, 5), 'inserted', 'longer', ...names.slice(5)]).replace('/r2}', '/r2-moved}')

test('2,000 cuts of a file, 5 ms apart, by another process: only the old and the new state are ever served', async () => {
  await using followed = await follow(old)
  const versions = new Set([followed.version()])
  followed.serving.onEvent(() => versions.add(followed.version()))
  const writer = spawn(
    process.execPath,
    [join(import.meta.dirname, 'truncation-writer.ts'), followed.config, '2000', '7', JSON.stringify([old, middle])],
    { stdio: 'inherit' },
  )
  const [code] = (await once(writer, 'exit')) as [number]
  expect(code).toBe(0)
  await followed.served('longer')
  expect(versions.size).toBe(2)
  expect(followed.serving.state).toBe('serving')
  expect([...followed.serving.good.gateway.routes.keys()].sort()).toEqual([...names, 'inserted', 'longer'].sort())
})

/** Time that moves only when it is waited for. */
class FastClock implements Clock {
  #now = 0
  now(): number {
    return this.#now
  }
  after(ms: number, run: () => void): () => void {
    if (ms > 100) return () => {} // the end of a hold is looked for by the test
    this.#now += ms
    queueMicrotask(run)
    return () => {}
  }
}

/** What a writer leaves in the file, and since when. */
interface Written {
  readonly at: number
  readonly text: string
}

/** Cuts of both texts. The writer is often slow, so that a cut stays for longer than files have to rest. */
function script(seed: number, count: number): readonly Written[] {
  const random = seeded(seed)
  const written: Written[] = []
  let at = 1_000
  for (let i = 0; i < count; i++) {
    const text = random.pick([old, middle])
    const length = random.below(text.length)
    written.push({ at, text: text.slice(0, random.chance(0.5) ? length : text.lastIndexOf('\n', length) + 1) })
    at += random.chance(0.3) ? 50 + random.below(200) : 5
  }
  return [{ at: -1, text: old }, ...written, { at, text: middle }]
}

/** A follower of one file whose text is a function of the time. */
function followTime(plan: readonly Written[], replaced = false) {
  const clock = new FastClock()
  let index = 0
  const now = (): Written => {
    while ((plan[index + 1]?.at ?? Infinity) <= clock.now()) index++
    return plan[index] ?? { at: 0, text: '' }
  }
  const files: Files = { read: () => Promise.resolve({ text: now().text }), glob: () => Promise.resolve([]) }
  const stamps = (): Promise<Stamps> => {
    const { at, text } = now()
    return Promise.resolve(new Map([['gateway.yaml', { file: replaced ? `${at}` : '1', state: `${at} ${text.length}`, moved: replaced }]]))
  }
  const published: string[] = []
  const compiler = new Compiler('gateway.yaml', { files, env: {} })
  const follower = new Follower('gateway.yaml', {
    compile: () => {
      clock.after(15, () => {})
      return compiler.compile()
    },
    publish: ({ resources }) => {
      const version = resources.get('routes/public')?.version ?? ''
      if (published.at(-1) !== version) published.push(version)
      return { publish: published.length, changed: [{ type: 'routes', name: 'public' }] }
    },
    files,
    clock,
    stamps,
    emit: () => {},
    looked: () => {},
  })
  clock.after(0, () => {})
  return { clock, follower, published, now }
}

test.each([1, 2, 3, 4])('the same with a writer that pauses inside a cut (seed %i)', async (seed) => {
  const { clock, follower, published, now } = followTime(script(seed, 500))
  await follower.look('start', false)
  let looks = 0
  for (; now().text !== middle || looks < 40; looks++) {
    await follower.look('a file changed', true)
    clock.after(50, () => {})
  }
  await follower.look('a file changed', true)
  expect(looks).toBeGreaterThan(50)
  expect(published).toHaveLength(2)
})

test('a file that is replaced as a whole every 10 ms is published at the ceiling, each time as one of its whole states', async () => {
  const plan = Array.from({ length: 400 }, (_, i) => ({ at: i * 10, text: gatewayText([...names, `n${i}`]) }))
  const { follower, published } = followTime(plan, true)
  await follower.look('start', true)
  await follower.look('a file changed', true)
  await follower.close()
  expect(published.length).toBeGreaterThanOrEqual(2)
  expect(published.length).toBeLessThan(20)
})
