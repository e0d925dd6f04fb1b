import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { Agent } from 'node:http'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Compiler } from '../../src/compile.ts'
import { instancesOf } from '../../examples/alt-las/instances.ts'
import { send } from '../support/http.ts'
import { until } from '../support/until.ts'
import { alive, descendants, end, type Example, freePlaces, hasEnded, isUp, startExample } from './start-example.ts'

const root = join(import.meta.dirname, '../..')

interface Seen {
  readonly service: string
  readonly instance: string
  readonly method: string
  readonly path: string
  readonly bytes: number
}

/** Process id of an instance, from the table. */
function pidOf(example: Example, name: string): number {
  const found = new RegExp(`^ *${name} .* (\\d+)$`, 'm').exec(example.stdout())?.[1]
  if (found === undefined) throw new Error(`no ${name} in\n${example.stdout()}`)
  return Number(found)
}

/** Sends GET requests on eight connections until it is stopped, and counts. */
function startLoad(port: number, path: string) {
  const failures: string[] = []
  const agent = new Agent({ keepAlive: true, maxSockets: 8 })
  let count = 0
  let stopped = false
  const one = async (): Promise<void> => {
    while (!stopped) {
      const reply = await send(port, path, { agent }).catch((error: Error) => ({ status: 0, body: error.message }))
      if (reply.status !== 200) failures.push(`${reply.status} ${reply.body}`)
      count++
    }
  }
  const loops = Promise.all(Array.from({ length: 8 }, one))
  const stop = async (): Promise<{ count: number; failures: string[] }> => {
    stopped = true
    await loops
    agent.destroy()
    return { count, failures }
  }
  return { stop, count: () => count }
}

describe.each(['envoy', 'nginx'])('npm start on %s', (engine) => {
  let example: Example
  let agent: Agent

  beforeAll(async () => {
    example = await startExample(await freePlaces(), false, engine === 'envoy' ? [] : ['--engine', engine])
    agent = new Agent({ keepAlive: true, maxSockets: 1 })
    await isUp(example)
  })
  afterAll(async () => {
    await end(example)
    agent.destroy()
  })

  const ask = async (path: string): Promise<Seen> => {
    const { status, body } = await send(example.gatewayPort, path, { agent })
    expect(status, body).toBe(200)
    return JSON.parse(body) as Seen
  }
  /** Which instances answer the next 20 requests on one connection. */
  const answering = async (path: string): Promise<Set<string>> => {
    const seen = new Set<string>()
    for (let i = 0; i < 20; i++) seen.add((await ask(path)).instance)
    return seen
  }

  it('says what runs where', () => {
    const names = [engine, 'sluice', 'segmentation-1', 'segmentation-2', 'runner-1', 'runner-2', 'archive-1', 'archive-2']
    for (const name of names) expect(() => process.kill(pidOf(example, name), 0)).not.toThrow()
  })

  it('prints three requests that work, with the path that the service expects', async () => {
    const lines = [...example.stdout().matchAll(/^ +curl (?:-d '(.*)' )?http:\/\/127\.0\.0\.1:(\d+)(\S+)$/gm)]
    const seen = await Promise.all(
      lines.map(async ([, body, port, path]) => {
        const reply = await send(Number(port), path ?? '', body === undefined ? {} : { method: 'POST', body })
        const { service, method, path: arrived, bytes } = JSON.parse(reply.body) as Seen
        return { status: reply.status, service, method, path: arrived, bytes }
      }),
    )
    expect(seen).toEqual([
      { status: 200, service: 'segmentation', method: 'GET', path: '/images/7', bytes: 0 },
      { status: 200, service: 'runner', method: 'POST', path: '/jobs', bytes: 10 },
      { status: 200, service: 'archive', method: 'GET', path: '/2026/11', bytes: 0 },
    ])
  })

  it.each(['segmentation', 'runner', 'archive'])('rewrites to the root of %s and keeps the query', async (service) => {
    expect(await ask(`/api/v1/${service}/a/b?c=1`)).toMatchObject({ service, path: '/a/b?c=1' })
    expect(await ask(`/api/v1/${service}`)).toMatchObject({ service, path: '/' })
  })

  it('asks the two instances in turn', async () => {
    const order: string[] = []
    for (let i = 0; i < 10; i++) order.push((await ask('/api/v1/archive/x')).instance)
    expect(new Set(order)).toEqual(new Set(['archive-1', 'archive-2']))
    expect(order.slice(2)).toEqual(order.slice(0, -2))
  })

  it('answers 404 as JSON for a path that nobody serves', async () => {
    const reply = await send(example.gatewayPort, '/nobody')
    expect([reply.status, reply.headers['content-type']]).toEqual([404, 'application/json'])
    expect(() => void JSON.parse(reply.body)).not.toThrow()
  })

  it('loses no request when a backend is killed, and takes it back when it is started again', async () => {
    const path = '/api/v1/segmentation/x'
    const load = startLoad(example.gatewayPort, path)
    await until('the load runs', () => load.count() > 200)
    process.kill(pidOf(example, 'segmentation-1'), 'SIGKILL')
    await until('the instance is out', async () => (await answering(path)).size === 1)
    const before = load.count()
    await until('the load goes on', () => load.count() > before + 200)
    const command = await until(
      'the command is printed',
      () => /segmentation-1 ended \(SIGKILL\).*npm run backend -- (\S+) (\d+)/.exec(example.stderr()) ?? undefined,
    )
    const [, name = '', port = ''] = command
    const again = spawn(process.execPath, [join(root, 'examples/alt-las/backend.ts'), name, port], { stdio: 'ignore' })
    try {
      await until('the instance is back', async () => (await answering(path)).has('segmentation-1'))
      const { count, failures } = await load.stop()
      expect(failures).toEqual([])
      expect(count).toBeGreaterThan(400)
    } finally {
      again.kill('SIGTERM')
      await once(again, 'exit')
    }
  })

  it('takes a sick instance out and takes it back', async () => {
    const path = '/api/v1/runner/x'
    const load = startLoad(example.gatewayPort, path)
    process.kill(pidOf(example, 'runner-1'), 'SIGUSR2')
    await until('the instance is out', async () => !(await answering(path)).has('runner-1'))
    process.kill(pidOf(example, 'runner-1'), 'SIGUSR2')
    await until('the instance is back', async () => (await answering(path)).has('runner-1'))
    expect((await load.stop()).failures).toEqual([])
  })

  it('follows gateway.yaml: a new route, a mistake with its line while the rest serves on, and the mended file', async () => {
    const file = join(example.dir, 'gateway.yaml')
    const text = await readFile(file, 'utf8')
    const ping = '  ping:\n    match: {path: /ping}\n    respond: {status: 200, json: {pong: true}}\n'
    const answer = async (path: string): Promise<string> => {
      const { status, body } = await send(example.gatewayPort, path)
      return `${status} ${body}`
    }
    await writeFile(file, text + ping)
    await until('the route serves', async () => (await answer('/ping')) === '200 {"pong":true}')
    await writeFile(file, text.replace('to: archive', 'to: archiv') + ping.replace('pong: true', 'pong: false'))
    const line = text.split('\n').findIndex((one) => one.includes('to: archive')) + 1
    await until(
      'the mistake is told',
      () => example.stderr().includes('did you mean "archive"?') && example.stderr().includes(`gateway.yaml:${line}:9`),
    )
    expect(example.stderr().split('did you mean "archive"?')).toHaveLength(2)
    expect(await answer('/ping')).toBe('200 {"pong":true}')
    expect((await ask('/api/v1/archive/x')).service).toBe('archive')
    await writeFile(file, text + ping.replace('pong: true', 'pong: false'))
    await until('the mended file serves', async () => (await answer('/ping')) === '200 {"pong":false}')
  })

  it('stops everything on Ctrl-C, also when a part has crashed before', async () => {
    const pids = await descendants(example.child.pid ?? 0)
    expect(pids.length).toBeGreaterThanOrEqual(6) // five backends and the proxy
    process.kill(pidOf(example, engine), 'SIGKILL')
    process.kill(pidOf(example, 'archive-2'), 'SIGKILL')
    example.child.kill('SIGINT')
    expect(await hasEnded(example)).toBe(0)
    await until('no process is left', async () => (await alive(pids)).length === 0)
  })
})

describe('npm start, otherwise', () => {
  it.each([
    ['it is killed', false],
    ['npm is killed', true],
  ])('leaves no process when %s', async (_, likeNpm) => {
    const example = await startExample(await freePlaces(), likeNpm)
    try {
      await isUp(example)
      const pids = await descendants(example.child.pid ?? 0)
      expect(pids.length).toBeGreaterThanOrEqual(likeNpm ? 8 : 7)
      example.child.kill('SIGKILL')
      await until('no process is left', async () => (await alive(pids)).length === 0)
    } finally {
      await end(example)
    }
  })

  it.each([
    ['RUNNER_2', /port \d+, for runner-2, is in use .*RUNNER_2=127\.0\.0\.1:\d+ npm start/],
    ['GATEWAY_PORT', /port \d+ is in use by .*GATEWAY_PORT=\d+ npm start/s],
  ])('names a taken port (%s) with the remedy, and leaves nothing running', async (variable, message) => {
    const places = await freePlaces()
    const blocker = createServer()
    blocker.listen(Number(places[variable]?.split(':').at(-1)), variable === 'GATEWAY_PORT' ? '0.0.0.0' : '127.0.0.1')
    await once(blocker, 'listening')
    const example = await startExample(places)
    try {
      let started: number[] = []
      const watch = setInterval(() => void descendants(example.child.pid ?? 0).then((pids) => (started = [...new Set([...started, ...pids])])), 50)
      expect(await hasEnded(example)).toBe(1)
      clearInterval(watch)
      expect(example.stderr()).toMatch(message)
      await until('no process is left', async () => (await alive(started)).length === 0)
    } finally {
      await end(example)
      blocker.close()
    }
  })
})

it('starts the instances that gateway.yaml names', async () => {
  const { good } = await new Compiler(join(root, 'gateway.yaml'), { env: {} }).compile()
  const named = [...(good?.gateway.services.values() ?? [])].flatMap(({ name, discovery }) =>
    discovery.type === 'static' ? discovery.endpoints.map(({ address, port }, index) => [`${name}-${index + 1}`, `${address}:${port}`]) : [],
  )
  expect(instancesOf({}).map(({ name, host, port }) => [name, `${host}:${port}`])).toEqual(named)
})
