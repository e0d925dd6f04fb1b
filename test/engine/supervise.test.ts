import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { installEnvoy } from '../../src/engine/install.ts'
import { checkPorts, PortTaken, portTakenIn } from '../../src/engine/port-check.ts'
import { AlreadyRunning } from '../../src/engine/run-lock.ts'
import { supervise, type SuperviseOptions, type Supervisor } from '../../src/engine/supervise.ts'
import { emitListener } from '../../src/envoy/listener.ts'
import { baseExtensions } from '../../src/envoy/slots.ts'
import { staticBootstrap } from '../../src/envoy/static-bootstrap.ts'
import { type Echo, startEcho } from '../support/echo.ts'
import { freePort } from '../support/free-port.ts'
import { send } from '../support/http.ts'
import { forward, listenerNode, routeTable, staticCluster } from '../support/resources.ts'
import { until } from '../support/until.ts'

let binary: string
let echo: Echo
let scratch: string
const supervisors: Supervisor[] = []

beforeAll(async () => {
  binary = (await installEnvoy()).path
  echo = await startEcho()
  scratch = await mkdtemp(join(tmpdir(), 'sluice-run-'))
})
afterEach(async () => {
  await Promise.all(supervisors.splice(0).map((supervisor) => supervisor.stop()))
})
afterAll(() => rm(scratch, { recursive: true, force: true }))

function gateway(port: number, adminSocket: string): string {
  const resources = [
    emitListener(listenerNode(port)),
    ...baseExtensions(),
    staticCluster('echo', echo.port),
    routeTable('public', [forward('/', 'echo')]),
  ]
  return staticBootstrap(resources, { nodeId: 'n', nodeCluster: 'c', admin: { type: 'pipe', path: adminSocket } })
}

async function start(port: number, more: Partial<SuperviseOptions> = {}): Promise<{ supervisor: Supervisor; lines: string[]; runDir: string }> {
  const lines: string[] = []
  const runDir = await mkdtemp(join(scratch, 'r-'))
  const supervisor = await supervise({
    binary,
    runDir,
    bootstrap: (adminSocket) => gateway(port, adminSocket),
    ports: [{ listener: 'public', address: '127.0.0.1', port }],
    concurrency: 1,
    drainMs: 30_000,
    backoff: { initialMs: 50, maxMs: 200 },
    log: (line) => lines.push(line),
    ...more,
  })
  supervisors.push(supervisor)
  return { supervisor, lines, runDir }
}

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

describe('a supervised proxy', () => {
  it('serves, keeps its directory private, and leaves nothing behind', async () => {
    const port = await freePort()
    const { supervisor, lines, runDir } = await start(port)
    await supervisor.ready()
    expect((await send(port, '/a')).status).toBe(200)
    expect((await stat(join(runDir, 'envoy.json'))).mode & 0o777).toBe(0o600)
    expect((await stat(join(runDir, 'admin.sock'))).mode & 0o777).toBe(0o600)
    const pid = supervisor.pid ?? 0
    await until('the access log is relayed', () => lines.some((line) => line.startsWith('envoy | {') && line.includes('"path":"/a"')))
    await supervisor.stop()
    expect(alive(pid)).toBe(false)
    expect(existsSync(join(runDir, 'run.lock'))).toBe(false)
    expect(existsSync(join(runDir, 'admin.sock'))).toBe(false)
    await expect(send(port, '/a')).rejects.toThrow('ECONNREFUSED')
  })

  it('is started again after kill -9, each time after a longer pause', async () => {
    const port = await freePort()
    const { supervisor, lines } = await start(port)
    await supervisor.ready()
    for (let crash = 1; crash <= 3; crash++) {
      const pid = supervisor.pid ?? 0
      process.kill(pid, 'SIGKILL')
      await until('another process runs', () => supervisor.pid !== undefined && supervisor.pid !== pid)
      await supervisor.ready()
      expect((await send(port, '/a')).status).toBe(200)
      expect(supervisor.restarts).toBe(crash)
    }
    expect(lines.filter((line) => line.includes('SIGKILL')).map((line) => / in (\d+) ms/.exec(line)?.[1])).toEqual(['50', '100', '200'])
  })

  it('finishes requests in progress when it is stopped, and tells clients to leave', async () => {
    const port = await freePort()
    const { supervisor } = await start(port)
    await supervisor.ready()
    echo.delayMs = 300
    const before = echo.seen.length
    const replies = Promise.all(Array.from({ length: 8 }, (_, index) => send(port, `/slow/${index}`)))
    await until('all are at the upstream', () => echo.seen.length === before + 8)
    const stopped = supervisor.stop()
    const statuses = (await replies).map((reply) => `${reply.status} ${reply.headers.connection}`)
    await stopped
    echo.delayMs = 0
    expect(statuses).toEqual(Array(8).fill('200 close'))
  })

  it('answers or refuses every request of a steady load while it stops, and cuts none', async () => {
    const port = await freePort()
    const { supervisor } = await start(port)
    await supervisor.ready()
    echo.delayMs = 20
    const outcomes = new Map<string, number>()
    let over = false
    const load = Array.from({ length: 6 }, async () => {
      while (!over) {
        const outcome = await send(port, '/load').then(
          (reply) => String(reply.status),
          (error: unknown) => (error instanceof Error && 'code' in error ? String(error.code) : String(error)),
        )
        outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
      }
    })
    await until('the load runs', () => (outcomes.get('200') ?? 0) > 20)
    await supervisor.stop()
    over = true
    await Promise.all(load)
    echo.delayMs = 0
    // What an upstream has seen was answered; the others never got a connection (or one that nobody had accepted yet).
    expect(outcomes.get('200')).toBe(echo.seen.filter((seen) => seen.url === '/load').length)
    expect([...outcomes.keys()].filter((outcome) => !['200', 'ECONNREFUSED', 'ECONNRESET'].includes(outcome))).toEqual([])
    expect(outcomes.get('ECONNREFUSED')).toBeGreaterThan(0)
  })

  it('cuts what does not finish within the drain time', async () => {
    const port = await freePort()
    const { supervisor, lines } = await start(port, { drainMs: 100 })
    await supervisor.ready()
    const { promise, resolve } = Promise.withResolvers<void>()
    echo.held = () => promise
    const before = echo.seen.length
    const reply = send(port, '/slow').then(
      () => 'answered',
      () => 'cut',
    )
    await until('it is at the upstream', () => echo.seen.length === before + 1)
    await supervisor.stop()
    expect(await reply).toBe('cut')
    echo.held = () => undefined
    resolve()
    expect(lines).toContain('sluice | 1 requests were still running and are cut')
  })

  it('names a taken port, its owner and the key to change', async () => {
    const holder = createServer()
    await new Promise<void>((resolve) => holder.listen(0, '127.0.0.1', resolve))
    const address = holder.address()
    const port = typeof address === 'object' && address ? address.port : 0
    try {
      const failure = await start(port).catch((error: unknown) => error)
      expect(failure).toBeInstanceOf(PortTaken)
      expect(String(failure)).toMatch(new RegExp(`port ${port} is in use by node \\(pid ${process.pid}\\); change listeners.public.port`))
      const unchecked = await start(port, { ports: [] }).catch((error: unknown) => error)
      expect(String(unchecked)).toContain(`port ${port} is in use by another process`)
    } finally {
      await new Promise((resolve) => holder.close(resolve))
    }
  })

  it('is refused a second time for one port, which Envoy itself would allow', async () => {
    const port = await freePort()
    const { supervisor } = await start(port)
    await supervisor.ready()
    await expect(start(port)).rejects.toThrow(/in use by .*envoy/)
  })

  it('is refused a second time for one directory, and not after the first is gone', async () => {
    const first = await start(await freePort())
    await expect(start(await freePort(), { runDir: first.runDir })).rejects.toThrow(AlreadyRunning)
    await first.supervisor.stop()
    const again = await start(await freePort(), { runDir: first.runDir })
    await again.supervisor.ready()
  })

  it('takes over the lock of a dead process', async () => {
    const runDir = await mkdtemp(join(scratch, 'r-'))
    await writeFile(join(runDir, 'run.lock'), '999999999 1')
    const { supervisor } = await start(await freePort(), { runDir })
    await supervisor.ready()
  })

  it('fails at once, with Envoy’s reason, on a bad bootstrap', async () => {
    await expect(start(await freePort(), { bootstrap: () => '{"static_resources": {"clusters": [{"name": ""}]}}' })).rejects.toThrow(
      /did not start \(exit code 1\).*value length must be at least 1/s,
    )
  })

  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    it(`does not outlive its supervisor after ${signal}`, async () => {
      const runDir = await mkdtemp(join(scratch, 'r-'))
      const file = join(runDir, 'static.json')
      await writeFile(file, gateway(await freePort(), 'ADMIN_SOCKET'))
      const parent = spawn(process.execPath, [fileURLToPath(new URL('../support/run-supervisor.ts', import.meta.url)), runDir, file], {
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      let out = ''
      parent.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()))
      const pid = Number(await until('it is ready', () => /ready (\d+)/.exec(out)?.[1]))
      expect(alive(pid)).toBe(true)
      parent.kill(signal)
      await until('the proxy is gone', () => !alive(pid))
    })
  }
})

describe('a port', () => {
  it('is named in Envoy’s own words too', () => {
    const wanted = [{ listener: 'plain', address: '0.0.0.0', port: 8080 }]
    expect(portTakenIn("Error adding/updating listener(s) plain: cannot bind '0.0.0.0:8080': Address already in use", wanted)?.message).toBe(
      'port 8080 is in use by another process; change listeners.plain.port',
    )
    expect(portTakenIn("cannot bind '[::]:8080': Address already in use", wanted)?.message).toContain('listeners.plain.port')
    expect(portTakenIn('all is well', wanted)).toBeUndefined()
  })

  it('on an address that this machine does not have is told apart', async () => {
    await expect(checkPorts([{ listener: 'x', address: '203.0.113.7', port: 1 }])).rejects.toThrow(/listeners\.x\./)
  })
})
