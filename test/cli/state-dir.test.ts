import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, readdir } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { freePort } from '../support/free-port.ts'
import { send } from '../support/http.ts'
import { until } from '../support/until.ts'
import { workplace } from './run-cli.ts'
import { startSluice } from './serving.ts'

const config = (port: number, text: string): string => `version: 1
listeners: {public: {port: ${port}, address: 127.0.0.1}}
routes:
  hello: {match: {path: /}, respond: {status: 200, text: ${text}}}
`
const argv = ['run', '--admin', '127.0.0.1:0', '--concurrency', '1', '--drain', '1s']

/** Starts what follows with a full disk as the directory `disk`; nobody else sees that disk. Room is left for an entry, but for no byte. */
const onFullDisk = ['unshare', '-rm', 'sh', '-c', 'mount -t tmpfs -o size=64k none disk && { cat /dev/zero >disk/filler; exec "$@"; }', 'sh']
const mayMount = spawnSync('unshare', ['-rm', 'sh', '-c', 'mount -t tmpfs none /mnt']).status === 0

/** What is in the way, what it is started with, and the reason in the log. */
const forms: readonly (readonly [string, string, readonly string[], RegExp])[] = [
  ['a file', 'taken', [], /cannot write in \S+taken\/run: ENOTDIR/],
  // Not every machine lets its users mount.
  ...(mayMount ? [['a full disk', 'disk/state', onFullDisk, /cannot write in \S+disk\/state\/run: ENOSPC/] as const] : []),
]

describe('run without a usable state directory', () => {
  it.each(forms)('serves and follows all the same: %s', async (_, stateDir, before, reason) => {
    const port = await freePort()
    await using place = await workplace({ 'gateway.yaml': config(port, 'one'), taken: 'a file' })
    await Promise.all([mkdir(place.path('tmp')), mkdir(place.path('disk'))])
    const env = { ...process.env, TMPDIR: place.path('tmp') }
    await using running = startSluice(place.dir, [...argv, '--state-dir', stateDir], env, before)
    const [, runDir = ''] = await running.says(
      /warning: cannot write in .*; the proxy runs in (\S+) this time, and another `sluice run` .* not be noticed/,
    )
    expect(running.stderr()).toMatch(reason)
    await running.says(/ready: /)
    expect((await send(port, '/')).body).toBe('one')
    await place.write('gateway.yaml', config(port, 'two'))
    await until('the change is served', async () => (await send(port, '/')).body === 'two')
    expect([runDir.startsWith(place.path('tmp')), existsSync(runDir)]).toEqual([true, true])
    expect(await running.end('SIGTERM')).toBe(0)
    expect(running.stderr().match(/the proxy runs in/g)).toHaveLength(1)
    expect(running.stderr()).toContain('the last good state cannot be kept')
    expect(await readdir(place.path('tmp'))).toEqual([])
  })

  it('names the option when nothing can be written for temporary files either', async () => {
    await using place = await workplace({ 'gateway.yaml': config(1, 'one'), taken: 'a file' })
    await using running = startSluice(place.dir, [...argv, '--state-dir', 'taken'], { ...process.env, TMPDIR: place.path('taken') })
    expect(await running.exited).toBe(1)
    expect(running.stderr()).toMatch(
      /^error: cannot write in \S+taken\/run: ENOTDIR.*; and not for temporary files: ENOTDIR.*; --state-dir names another place\n$/,
    )
  })
})
