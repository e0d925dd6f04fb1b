import { chmodSync, rmSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { installNginx } from '../../src/engine/nginx-install.ts'
import { freePort } from '../support/free-port.ts'
import { send } from '../support/http.ts'
import { until } from '../support/until.ts'
import { workplace, type Workplace } from './run-cli.ts'
import { runPlain } from './tree.ts'

const { path: binary } = await installNginx()

const answering = (port: number, text: string): string => `version: 1
listeners: {public: {port: ${port}, address: 127.0.0.1}}
routes:
  hello: {match: {path: /hello}, respond: {status: 200, text: ${text}}}
`

async function compile(place: Workplace, tree: string, port: number, text: string): Promise<void> {
  await place.write(`${tree}.yaml`, answering(port, text))
  const { code, stderr } = await place.run(['compile', `${tree}.yaml`, '--target', 'nginx', '--out', tree], { env: process.env })
  expect([code, stderr]).toEqual([0, expect.stringContaining('takes it')])
}

/** Clients that open a connection for each request, until they are stopped; `answers` counts what they were told. */
function clients(port: number): { readonly answers: ReadonlyMap<string, number>; readonly stop: () => Promise<unknown> } {
  const answers = new Map<string, number>()
  let going = true
  const client = async (): Promise<void> => {
    while (going) {
      const how = await send(port, '/hello').then(
        ({ status, body }) => `${status} ${body}`,
        (error: unknown) => String(error),
      )
      answers.set(how, (answers.get(how) ?? 0) + 1)
      await delay(5) // the compiler has the same processor
    }
  }
  const all = Promise.all([client(), client(), client(), client()])
  return { answers, stop: () => ((going = false), all) }
}

describe('a compiled tree in the hands of its users', () => {
  it('is compiled anew and reloaded under load: no request fails, and the tree beside it does not notice', async () => {
    await using place = await workplace()
    const [port, other] = [await freePort(), await freePort()]
    await compile(place, 'one', port, 'v0')
    await compile(place, 'two', other, 'beside')
    await using one = await runPlain(binary, place.path('one'))
    await using two = await runPlain(binary, place.path('two'))
    await until('both workers beside it have taken the document up', async () => !(await two.versions()).includes(undefined))
    const before = await two.versions()
    const { answers, stop } = clients(port)
    for (const text of ['v1', 'v2']) {
      await compile(place, 'one', port, text)
      expect(await one.signal('reload')).toBe(0)
      await until(`${text} is served`, () => answers.has(`200 ${text}`))
    }
    await stop()
    expect([...answers.keys()].toSorted()).toEqual(['200 v0', '200 v1', '200 v2'])
    expect([await two.versions(), (await send(other, '/hello')).body]).toEqual([before, 'beside'])
    expect(one.output() + two.output()).not.toMatch(/\[(warn|error|crit|alert|emerg)\]/)
  })

  it('may be read-only but for run, logs and tmp', async () => {
    const port = await freePort()
    await using place = await workplace()
    await compile(place, 'tree', port, 'hello')
    const tree = place.path('tree')
    const binds = ['', '/run', '/logs', '/tmp'].map((part) => `mount --bind ${tree}${part} ${tree}${part}`)
    // In a user namespace of its own nginx is no root, and leaves the user as it is.
    const script = [
      ...binds,
      `mount -o remount,ro,bind ${tree}`,
      `if touch ${tree}/x 2>/dev/null; then echo writable; exit 1; fi`,
      'exec unshare -U "$0" "$@"',
    ]
    await place.write('engine', `#!/bin/sh\nexec unshare -rm sh -ec '${script.join('\n')}' ${binary} "$@"\n`)
    chmodSync(place.path('engine'), 0o755)
    await using nginx = await runPlain(place.path('engine'), tree)
    // Not every machine lets its users mount.
    if (/unshare: |mount: /.test(nginx.output())) return expect(nginx.output()).toMatch(/permitted|denied/)
    expect([nginx.output(), (await send(port, '/hello')).body]).toEqual(['', 'hello'])
  })

  it.each(['logs', 'run', 'tmp'])('without its directory %s ends at once and names it', async (name) => {
    await using place = await workplace()
    await compile(place, 'tree', await freePort(), 'hello')
    rmSync(place.path(`tree/${name}`), { recursive: true })
    await using nginx = await runPlain(binary, place.path('tree'))
    expect([await nginx.exited, nginx.output()]).toEqual([
      1,
      expect.stringMatching(new RegExp(`\\[emerg\\].*${place.path('tree')}/${name}/.*No such file`)),
    ])
  })
})
