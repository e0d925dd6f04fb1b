import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { appendFile, mkdir, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { startEcho } from '../support/echo.ts'
import { freePort } from '../support/free-port.ts'
import { send } from '../support/http.ts'
import { startLoad } from '../support/load.ts'
import { until } from '../support/until.ts'
import { workplace } from './run-cli.ts'
import { startSluice } from './serving.ts'

const config = (port: number, text: string, more = ''): string => `version: 1
listeners: {public: {port: ${port}, address: 127.0.0.1}${more}}
routes:
  hello: {match: {path: /*}, respond: {status: 200, text: ${text}}}
`
const run = ['run', '--engine', 'nginx', '--admin', '127.0.0.1:0', '--concurrency', '2']
const ready = /ready: public on 127\.0\.0\.1:\d+; admin API on http:\/\/(\S+)/

/** Starts what follows with a small disk of its own as the directory `disk`. Not every machine lets its users mount. */
const onSmallDisk = ['unshare', '-rm', 'sh', '-c', 'mount -t tmpfs -o size=8m none disk && exec "$@"', 'sh']
const mayMount = spawnSync('unshare', ['-rm', 'sh', '-c', 'mount -t tmpfs none /mnt']).status === 0

describe('run --engine nginx under faults', () => {
  it.runIf(mayMount)('with a full disk goes on: routes change live, a listener is refused with the reason and the old file stays', async () => {
    const [port, second] = [await freePort(), await freePort()]
    await using place = await workplace({ 'gateway.yaml': config(port, 'one') })
    await mkdir(place.path('disk'))
    await using running = startSluice(place.dir, [...run, '--drain', '1s', '--state-dir', 'disk/state'], process.env, onSmallDisk)
    await running.says(ready)
    // Nobody else sees that disk, but the process that has it shows it.
    const disk = `/proc/${running.process.pid ?? 0}/cwd/disk`
    const conf = (): Promise<string> => readFile(join(disk, 'state/run/nginx/nginx.conf'), 'utf8')
    const before = await conf()
    await expect(appendFile(join(disk, 'filler'), Buffer.alloc(16 * 1024 * 1024))).rejects.toThrow('ENOSPC')
    await place.write('gateway.yaml', config(port, 'two'))
    await until('the change is served', async () => (await send(port, '/')).body === 'two')
    await running.says(/warning: nginx cannot keep the configuration in \S+, so it would start with an older one: .*No space left/)
    await place.write('gateway.yaml', config(port, 'two', `, more: {port: ${second}, address: 127.0.0.1}`))
    await running.says(/refused listener "more": gateway\.yaml:2:\d+ \(listener more\): .*ENOSPC/)
    expect([await conf(), (await send(port, '/')).body]).toEqual([before, 'two'])
    await rm(join(disk, 'filler'))
    running.process.kill('SIGHUP')
    await until('the second port answers', async () => (await send(second, '/').catch(() => undefined))?.body === 'two')
    expect(await conf()).not.toBe(before)
    // What could not be kept is kept as soon as there is room.
    const kept = (): Promise<string> => readFile(join(disk, 'state/run/nginx/state/data.jsonl'), 'utf8')
    await until('the state is on the disk', async () => (await kept()).includes('two'))
    expect(await running.end('SIGTERM')).toBe(0)
  })

  it('survives a file that is broken, half-written and mended under load, and a listener of its own that comes and goes', async () => {
    const port = await freePort()
    await using place = await workplace({ 'gateway.yaml': config(port, 'one') })
    await using running = startSluice(place.dir, [...run, '--drain', '1s'])
    await running.says(ready)
    const load = startLoad({ port, rate: 200, path: (index) => `/${index}` })
    await place.write('gateway.yaml', 'version: [')
    await running.says(/the files are not usable; what was served before stays/)
    const whole = `${config(port, 'two')}  more: {match: {path: /more}, respond: {status: 204}}\n`
    for (let at = 20; at < whole.length; at += 40) {
      await place.write('gateway.yaml', whole.slice(0, at))
      await delay(20)
    }
    await place.write('gateway.yaml', whole)
    await until('the whole file is served', async () => (await send(port, '/more')).status === 204)
    const { requests, failures } = await load.stop()
    expect([failures, requests > 50]).toEqual([[], true])
  })

  it('starts beside a socket that a killed nginx left behind', async () => {
    const port = await freePort()
    await using place = await workplace({ 'gateway.yaml': config(port, 'one') })
    const socket = place.path('.sluice/run/nginx/run/admin.sock')
    await mkdir(place.path('.sluice/run/nginx/run'), { recursive: true })
    const holder = spawn(process.execPath, ['-e', `require('net').createServer().listen(${JSON.stringify(socket)})`])
    await until('the socket is there', () => existsSync(socket))
    holder.kill('SIGKILL')
    await once(holder, 'exit')
    expect(existsSync(socket)).toBe(true)
    await using running = startSluice(place.dir, [...run, '--drain', '1s'])
    await running.says(ready)
    expect((await send(port, '/')).body).toBe('one')
  })

  it('ends within its drain time: what takes a part of it is answered, an endless stream is cut', async () => {
    const port = await freePort()
    const echo = await startEcho()
    const stream = createServer((_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      const timer = setInterval(() => response.write('data: tick\n\n'), 20)
      response.once('close', () => clearInterval(timer))
    })
    await new Promise<void>((resolve) => stream.listen(0, '127.0.0.1', resolve))
    const address = stream.address()
    const to = typeof address === 'object' && address ? address.port : 0
    await using place = await workplace({
      'gateway.yaml': `version: 1
listeners: {public: {port: ${port}, address: 127.0.0.1}}
services: {slow: {endpoints: ["127.0.0.1:${echo.port}"]}, events: {endpoints: ["127.0.0.1:${to}"]}}
routes:
  slow: {match: {path: /slow/*}, to: slow}
  events: {match: {path: /events}, to: events}
`,
    })
    await using running = startSluice(place.dir, [...run, '--drain', '5s'])
    await running.says(ready)
    const events = await fetch(`http://127.0.0.1:${port}/events`)
    let ticks = 0
    const read = (async () => {
      for await (const chunk of events.body ?? []) ticks += chunk ? 1 : 0
    })().then(
      () => 'ended',
      () => 'cut',
    )
    echo.delayMs = 1_500
    const slow = Promise.all([1, 2, 3].map((one) => send(port, `/slow/${one}`)))
    await until('they are under way', () => echo.seen.length === 3 && ticks > 0)
    const seen = ticks
    const ended = running.end('SIGTERM')
    expect((await slow).map(({ status }) => status)).toEqual([200, 200, 200])
    expect(await ended).toBe(0)
    expect(ticks).toBeGreaterThan(seen + 10)
    expect(['cut', 'ended']).toContain(await read)
    expect(running.stderr()).toContain('some requests were still running and are cut')
    await Promise.all([echo.close(), new Promise((resolve) => stream.close(resolve))])
  })
})
