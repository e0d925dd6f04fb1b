import { spawn } from 'node:child_process'
import { existsSync, statSync } from 'node:fs'
import { readFile, rm } from 'node:fs/promises'
import { Agent } from 'node:http'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type NginxSupervisor, superviseNginx, type SuperviseNginxOptions } from '../../src/engine/nginx-supervise.ts'
import { LogFollower } from '../../src/engine/follow-log.ts'
import { PortTaken } from '../../src/engine/port-check.ts'
import { AlreadyRunning } from '../../src/engine/run-lock.ts'
import { type Echo, startEcho } from '../support/echo.ts'
import { freePort } from '../support/free-port.ts'
import { send } from '../support/http.ts'
import { writeTestTree } from '../support/nginx.ts'
import { gatewayOf, listenerOn, madeOf, serviceOn, to } from '../support/nginx-routes.ts'
import { routeOf } from '../support/routes.ts'
import { until } from '../support/until.ts'

let echo: Echo
let port: number
const dirs: string[] = []
const supervisors: NginxSupervisor[] = []
beforeEach(async () => {
  echo = await startEcho()
  port = await freePort()
})
afterEach(async () => {
  await Promise.all(supervisors.splice(0).map((supervisor) => supervisor.stop()))
  await Promise.all(dirs.splice(0).map((dir) => rm(dir, { recursive: true, force: true })))
  await echo.close()
})

async function tree() {
  const made = madeOf(gatewayOf([listenerOn('public', port)], [routeOf('all', '/*', to('echo'))], [serviceOn('echo', [echo.port])]))
  const written = await writeTestTree(made)
  dirs.push(written.dir)
  return written
}

async function start(more: Partial<SuperviseNginxOptions> = {}) {
  const lines: string[] = []
  const { dir, binary } = more.dir === undefined || more.binary === undefined ? await tree() : { dir: more.dir, binary: more.binary }
  const supervisor = await superviseNginx({
    binary,
    dir,
    runDir: join(dir, 'lock'),
    ports: () => [{ listener: 'public', address: '127.0.0.1', port }],
    drainMs: 30_000,
    backoff: { initialMs: 50, maxMs: 200 },
    log: (line) => lines.push(line),
    ...more,
  })
  supervisors.push(supervisor)
  return { supervisor, lines, dir, binary }
}

async function childrenOf(pid: number): Promise<number[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')
  return text.trim().split(' ').filter(Boolean).map(Number)
}
/** Whether it runs; one that has ended and was not collected yet does not. */
async function alive(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => ') X')
  return !/\) [ZX]/.test(stat)
}
async function noneAlive(pids: readonly number[]): Promise<void> {
  await until('nothing runs', async () => (await Promise.all(pids.map(alive))).every((one) => !one))
}

describe('a supervised nginx', () => {
  it('serves, relays its access log, and leaves nothing behind', async () => {
    const { supervisor, lines, dir } = await start()
    await supervisor.ready()
    expect((await send(port, '/a')).status).toBe(200)
    const pids = [supervisor.pid ?? 0, ...(await childrenOf(supervisor.pid ?? 0))]
    expect(pids).toHaveLength(3)
    await until('the access log is relayed', () => lines.some((line) => line.startsWith('nginx | {') && line.includes('"path":"/a"')))
    await supervisor.stop()
    await noneAlive(pids)
    expect([existsSync(join(dir, 'lock/run.lock')), existsSync(join(dir, 'run/admin.sock'))]).toEqual([false, false])
    await expect(send(port, '/a')).rejects.toThrow('ECONNREFUSED')
  })

  it('is started again after kill -9 of the master alone: requests under way end, and no worker of the first is left', async () => {
    const { supervisor, lines } = await start()
    await supervisor.ready()
    const master = supervisor.pid ?? 0
    const workers = await childrenOf(master)
    echo.delayMs = 400
    const slow = send(port, '/slow')
    await until('it is at the upstream', () => echo.seen.length === 1)
    echo.delayMs = 0
    process.kill(master, 'SIGKILL')
    await until('another master runs', () => supervisor.pid !== undefined && supervisor.pid !== master)
    await supervisor.ready()
    expect((await slow).status).toBe(200)
    await noneAlive(workers)
    expect((await send(port, '/a')).status).toBe(200)
    expect(supervisor.restarts).toBe(1)
    expect(lines.filter((line) => line.includes('SIGKILL'))).toEqual(['sluice | the proxy ended (SIGKILL); starting it again in 50 ms'])
  })

  it('finishes requests in progress when it is stopped, and tells clients to leave', async () => {
    const { supervisor } = await start()
    await supervisor.ready()
    echo.delayMs = 300
    const replies = Promise.all(Array.from({ length: 8 }, (_, index) => send(port, `/slow/${index}`, { headers: { connection: 'keep-alive' } })))
    await until('all are at the upstream', () => echo.seen.length === 8)
    const stopped = supervisor.stop()
    expect((await replies).map((reply) => `${reply.status} ${reply.headers.connection}`)).toEqual(Array(8).fill('200 keep-alive, close'))
    await stopped
  })

  it('cuts none of the requests of a steady load on kept connections while it stops', async () => {
    const { supervisor } = await start()
    await supervisor.ready()
    echo.delayMs = 10
    const outcomes = new Map<string, number>()
    let over = false
    const load = Array.from({ length: 6 }, async () => {
      const agent = new Agent({ keepAlive: true, maxSockets: 1 })
      while (!over) {
        const outcome = await send(port, '/load', { agent }).then(
          (reply) => String(reply.status),
          (error: unknown) => (error instanceof Error && 'code' in error ? String(error.code) : String(error)),
        )
        outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
      }
      agent.destroy()
    })
    await until('the load runs', () => (outcomes.get('200') ?? 0) > 20)
    await supervisor.stop()
    over = true
    await Promise.all(load)
    // What the upstream has seen was answered; the others never got a connection (or one that nobody had accepted yet).
    expect(outcomes.get('200')).toBe(echo.seen.length)
    expect([...outcomes.keys()].filter((outcome) => !['200', 'ECONNREFUSED', 'ECONNRESET'].includes(outcome))).toEqual([])
  })

  it('cuts what does not finish within the drain time', async () => {
    const { supervisor, lines } = await start({ drainMs: 200 })
    await supervisor.ready()
    const { promise, resolve } = Promise.withResolvers<void>()
    echo.held = () => promise
    const reply = send(port, '/slow').then(
      () => 'answered',
      () => 'cut',
    )
    await until('it is at the upstream', () => echo.seen.length === 1)
    await supervisor.stop()
    expect(await reply).toBe('cut')
    resolve()
    expect(lines).toContain('sluice | some requests were still running and are cut')
  })

  it('names a taken port, its owner and the key to change', async () => {
    const holder = createServer()
    await new Promise<void>((resolve) => holder.listen(port, '127.0.0.1', resolve))
    try {
      const failure = await start().catch((error: unknown) => error)
      expect(failure).toBeInstanceOf(PortTaken)
      expect(String(failure)).toContain(`port ${port} is in use by node (pid ${process.pid}); change listeners.public.port`)
      let asked = 0
      const late = (): ReturnType<SuperviseNginxOptions['ports']> => (asked++ === 0 ? [] : [{ listener: 'public', address: '127.0.0.1', port }])
      expect(String(await start({ ports: late }).catch((error: unknown) => error))).toContain(`port ${port} is in use by another process`)
    } finally {
      await new Promise((resolve) => holder.close(resolve))
    }
  })

  it('is refused a second time for one port, which the system itself would allow, and for one directory', async () => {
    const { dir, binary } = await start()
    await expect(start()).rejects.toThrow(/in use by .*nginx/)
    await expect(start({ dir, binary })).rejects.toThrow(AlreadyRunning)
  })

  it('fails at once, with nginx’s reason, on a bad tree', async () => {
    const { dir, binary } = await tree()
    await rm(join(dir, 'lua/sluice/boot.lua'))
    await expect(start({ dir, binary })).rejects.toThrow(/^nginx did not start \(exit code 1\).*module 'sluice\.boot' not found/s)
  })

  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    it(`does not outlive its supervisor after ${signal}`, async () => {
      const { dir } = await tree()
      const program = fileURLToPath(new URL('../support/run-nginx-supervisor.ts', import.meta.url))
      const parent = spawn(process.execPath, [program, dir, join(dir, 'lock')], { stdio: ['ignore', 'pipe', 'inherit'] })
      let out = ''
      parent.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()))
      const pid = Number(await until('it is ready', () => /ready (\d+)/.exec(out)?.[1]))
      const pids = [pid, ...(await childrenOf(pid))]
      parent.kill(signal)
      await noneAlive(pids)
    })
  }
})

it('an access log that grows is exchanged, and every line of it is read once', async () => {
  const { supervisor, dir } = await start()
  await supervisor.ready()
  const seen: string[] = []
  const path = join(dir, 'logs/access.log')
  const follower = new LogFollower({
    path,
    onLine: (line) => seen.push(line),
    reopen: () => process.kill(supervisor.pid ?? 0, 'SIGUSR1'),
    maxBytes: 2_000,
    pauseMs: 50,
  })
  for (let index = 0; index < 60; index++) await send(port, `/n/${index}`)
  const paths = (): number[] => seen.flatMap((line) => /"path":"\/n\/(\d+)"/.exec(line)?.[1] ?? []).map(Number)
  await until('all lines are read', () => paths().length >= 60)
  expect(paths().sort((a, b) => a - b)).toEqual(Array.from({ length: 60 }, (_, index) => index))
  await until('the file is small again', () => statSync(path).size < 2_000)
  await follower.stop()
})
