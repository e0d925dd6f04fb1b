import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Compiler, type Good } from '../../src/compile.ts'
import { features } from '../../src/features/index.ts'
import { makeState } from '../../src/nginx/state.ts'
import { viewOf } from '../../src/plan/view.ts'
import { readable } from '../support/readable.ts'

const text = `
version: 1
listeners: {public: {port: 8080}}
services: {orders: {endpoints: ["10.0.0.1:9000"]}}
routes:
  orders: {match: {path: /*}, to: orders, fault: {abort: {status: 503}, onlyWith: {header: x-fault, secret: "secret://env/FAULT_KEY"}}}
`
const first = 'correct-horse-battery'
const second = 'staple-horse-battery'

let dir: string
const env: Record<string, string> = { FAULT_KEY: first }
let compiler: Compiler

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'sluice-fault-'))
  await writeFile(join(dir, 'gateway.yaml'), text)
  compiler = new Compiler(join(dir, 'gateway.yaml'), { env })
})
afterAll(() => rm(dir, { recursive: true }))

async function compile(): Promise<Good> {
  const { good, diagnostics } = await compiler.compile()
  if (!good) throw new Error(JSON.stringify(diagnostics))
  return good
}

const routes = ({ resources }: Good) => {
  const made = resources.get('routes/public')
  return made ? { version: made.version, text: JSON.stringify(readable(made)) } : { version: '', text: '' }
}

describe('the secret of a fault', () => {
  it('stands in what Envoy is given, and nowhere that is shown', async () => {
    const good = await compile()
    expect(routes(good).text).toContain(first)
    const shown = [...good.gateway.routes.values()].map((route) => [route, viewOf(route, { features, base: dir })])
    expect(JSON.stringify(shown)).not.toContain(first)
    expect(JSON.stringify(shown)).toContain('secret://env/FAULT_KEY')
  })

  it('is only a hash for nginx', async () => {
    const { gateway, tables } = await compile()
    const state = makeState({ gateway, tables, features, read: () => Buffer.from(first) })
    const all = JSON.stringify([...state.lines])
    expect(all).not.toContain(first)
    expect(all).toMatch(/sha256[^0-9a-f]+[0-9a-f]{64}/)
  })

  it('may be exchanged without an edit of the file', async () => {
    const before = routes(await compile())
    env['FAULT_KEY'] = second
    const after = routes(await compile())
    env['FAULT_KEY'] = first
    const back = routes(await compile())
    expect(after.text).toContain(second)
    expect(after.text).not.toContain(first)
    expect(after.version).not.toBe(before.version)
    expect(back).toEqual(before)
  })
})
