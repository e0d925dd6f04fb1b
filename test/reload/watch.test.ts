import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { mkdir, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { openDirectory, watchFiles } from '../../src/reload/watch.ts'
import { type Clock, systemClock } from '../../src/xds/clock.ts'
import { until } from '../support/until.ts'
import { follow, gatewayText } from './followed.ts'

const old = gatewayText(['a', 'b', 'c'])
const next = gatewayText(['a', 'b', 'c', 'fresh'])
/** The look at intervals, which finds what the system did not tell, never comes. */
const withoutSweep: Clock = { ...systemClock, after: (ms, run) => (ms === 2_000 ? () => {} : systemClock.after(ms, run)) }
const published = (kinds: readonly string[]): number => kinds.filter((kind) => kind === 'published').length

describe('editors', () => {
  const save: Record<string, (file: string, text: string) => Promise<void>> = {
    'writes in place': (file, text) => writeFile(file, text),
    'renames a new file over it': async (file, text) => {
      await writeFile(`${file}.tmp`, text)
      await rename(`${file}.tmp`, file)
    },
    'moves the old one away and writes anew, as vim does': async (file, text) => {
      await rename(file, `${file}~`)
      await writeFile(file, text)
      await rm(`${file}~`)
    },
    'truncates, and writes after a pause': async (file, text) => {
      await writeFile(file, '')
      await delay(20)
      await writeFile(file, text)
    },
    'writes in many small pieces': async (file, text) => {
      await writeFile(file, '')
      for (let at = 0; at < text.length; at += 50) {
        await writeFile(file, text.slice(at, at + 50), { flag: 'a' })
        await delay(5)
      }
    },
    'uses sed -i': async (file) =>
      void (await promisify(execFile)('sed', ['-i', '$a\\  fresh:\\n    match: {path: /fresh}\\n    respond: {status: 200, text: fresh}', file])),
  }
  test.each(Object.entries(save))('one that %s: one publish, nothing else', async (_, write) => {
    await using followed = await follow(old)
    await write(followed.config, next)
    await followed.served('fresh')
    await delay(150)
    expect(followed.kinds()).toEqual(['compiled', 'published', 'compiled', 'published'])
  })

  test('touch, and the same text again, are nothing', async () => {
    await using followed = await follow(old)
    const now = new Date()
    await utimes(followed.config, now, now)
    await delay(150)
    await writeFile(followed.config, old)
    await delay(150)
    expect(followed.kinds()).toEqual(['compiled', 'published'])
    expect(followed.serving.state).toBe('serving')
  })

  test('a burst of saves ends in the last one with few publishes', async () => {
    await using followed = await follow(old)
    for (let i = 0; i < 100; i++) writeFileSync(followed.config, gatewayText(['a', 'b', 'c', `n${i}`]))
    await followed.served('n99')
    expect(published(followed.kinds())).toBeLessThan(20)
  })

  test('a bad file that is mended to what is served says so, and publishes nothing', async () => {
    await using followed = await follow(old)
    await writeFile(followed.config, old.replace('status: 200', 'status: 9999'))
    await until('it is rejected', () => followed.serving.state === 'last-good')
    await writeFile(followed.config, `# mended\n${old}`)
    await until('it is content', () => followed.serving.state === 'serving')
    expect(followed.kinds()).toEqual(['compiled', 'published', 'compiled', 'rejected', 'compiled', 'back'])
    expect(followed.events.at(-1)).toMatchObject({ kind: 'back', from: 'rejected' })
    await writeFile(followed.config, `# another word\n${old}`)
    await until('it is read', () => followed.kinds().length > 6)
    expect(followed.kinds().slice(6)).toEqual(['compiled'])
  })

  test('a change that waits and is taken back says so', async () => {
    const many = gatewayText(['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'])
    await using followed = await follow(many)
    await writeFile(followed.config, gatewayText(['a']))
    await until('it waits', () => followed.serving.state === 'held')
    await writeFile(followed.config, many)
    await until('it is content', () => followed.serving.state === 'serving')
    expect(followed.kinds()).toEqual(['compiled', 'published', 'compiled', 'held', 'compiled', 'back'])
    expect(followed.events.at(-1)).toMatchObject({ kind: 'back', from: 'held' })
  })

  test('a bad file is rejected with its place, the old routes stay, and the mended file is taken', async () => {
    await using followed = await follow(old)
    const before = followed.version()
    await writeFile(followed.config, old.replace('status: 200', 'status: 9999'))
    await until('it is rejected', () => followed.serving.state === 'last-good')
    expect(followed.serving.last.diagnostics).toContainEqual(
      expect.objectContaining({ severity: 'error', at: expect.objectContaining({ file: followed.config }) as unknown }),
    )
    expect(followed.version()).toBe(before)
    await writeFile(followed.config, next)
    await followed.served('fresh')
    expect(followed.serving.state).toBe('serving')
    expect(followed.kinds()).toEqual(['compiled', 'published', 'compiled', 'rejected', 'compiled', 'published'])
  })

  test('a file that is deleted leaves its routes, and is taken up when it is there again', async () => {
    await using followed = await follow(old)
    await rm(followed.config)
    await until('it is missed', () => followed.serving.state === 'last-good')
    expect(followed.serving.good.gateway.routes.size).toBe(3)
    await writeFile(followed.config, next)
    await followed.served('fresh')
  })
})

describe('ConfigMaps', () => {
  test('200 of 200 swaps of ..data are seen', async () => {
    let count = 0
    let root = ''
    const swap = async (text: string): Promise<void> => {
      const fresh = `..v${++count}`
      await mkdir(join(root, fresh))
      await writeFile(join(root, fresh, 'gateway.yaml'), text)
      await symlink(fresh, join(root, '..data_tmp'))
      await rename(join(root, '..data_tmp'), join(root, '..data'))
      if (count > 1) await rm(join(root, `..v${count - 1}`), { recursive: true })
    }
    await using followed = await follow('', {
      prepare: async (dir) => {
        root = dir
        await swap(old)
        await symlink('..data/gateway.yaml', join(dir, 'gateway.yaml'))
        return join(dir, 'gateway.yaml')
      },
      clock: withoutSweep,
    })
    for (let i = 0; i < 200; i++) {
      await swap(gatewayText(['a', 'b', 'c', `n${i}`]))
      await followed.served(`n${i}`)
    }
    expect(published(followed.kinds())).toBe(201)
  })
})

describe('includes', () => {
  const root = gatewayText(['a', 'b', 'c'], 'include: [routes/*.yaml, teams/*/routes.yaml]\n')
  const part = (name: string): string => `routes:\n  ${name}:\n    match: {path: /${name}}\n    respond: {status: 200, text: ${name}}\n`

  test('files and directories that appear and vanish are followed', async () => {
    await using followed = await follow(root)
    await mkdir(join(followed.dir, 'routes'))
    await writeFile(join(followed.dir, 'routes', 'x.yaml'), part('x'))
    await followed.served('x')
    await writeFile(join(followed.dir, 'routes', 'z.yaml'), part('z'))
    await followed.served('z')
    await mkdir(join(followed.dir, 'teams', 'shop'), { recursive: true })
    await writeFile(join(followed.dir, 'teams', 'shop', 'routes.yaml'), part('shop'))
    await followed.served('shop')
    await rm(join(followed.dir, 'routes', 'x.yaml'))
    await until('x is gone', () => !followed.serving.good.gateway.routes.has('x'))
    expect([...followed.serving.good.gateway.routes.keys()].sort()).toEqual(['a', 'b', 'c', 'shop', 'z'])
    expect(followed.kinds()).not.toContain('rejected')
  })

  test('a directory that is replaced is followed in its new form', async () => {
    await using followed = await follow(root)
    const routes = join(followed.dir, 'routes')
    for (let i = 0; i < 5; i++) {
      await rm(routes, { recursive: true, force: true })
      await mkdir(routes)
      await writeFile(join(routes, 'x.yaml'), part(`x${i}`))
      await followed.served(`x${i}`)
    }
  })
})

describe('when the system does not tell', () => {
  test('a watch that fails is reported once, and files are looked at instead', async () => {
    let looks = 0
    const problems: string[] = []
    const watch = watchFiles({
      clock: systemClock,
      pollMs: 20,
      changed: () => looks++,
      problem: (message) => problems.push(message),
      open: (_directory, _heard, failed) => {
        failed(new Error('ENOSPC: System limit for number of file watchers reached'))
        return { ready: Promise.resolve(), close: () => Promise.resolve() }
      },
    })
    await watch.follow(['/tmp/a/gateway.yaml', '/usr/b.yaml'])
    const before = looks
    await until('it looks by itself', () => looks > before + 3)
    expect(problems).toEqual([expect.stringMatching(/cannot be watched.*every 20 ms.*ENOSPC/)])
    await watch.close()
    const after = looks
    await delay(100)
    expect(looks).toBe(after)
  })

  test('a directory says which name changed', async () => {
    await using followed = await follow(old)
    const heard: (string | undefined)[] = []
    const watching = openDirectory(
      followed.dir,
      (name) => heard.push(name),
      () => {},
    )
    await watching.ready
    await writeFile(join(followed.dir, 'other.txt'), '1')
    await until('it is heard', () => heard.includes('other.txt'))
    await watching.close()
  })
})
