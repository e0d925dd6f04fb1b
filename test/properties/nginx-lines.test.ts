import fc from 'fast-check'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { stringify } from 'yaml'
import { Compiler } from '../../src/compile.ts'
import type { Files } from '../../src/config/files.ts'
import { cases } from '../support/cases.ts'
import { gateways } from './gateway-arbitrary.ts'

/** A compiler of a text that changes. */
function following(): { compile(text: string): Promise<ReadonlyMap<string, { readonly version: string }>> } {
  let now = ''
  const files: Files = { read: () => Promise.resolve({ text: now }), glob: () => Promise.resolve([]) }
  const compiler = new Compiler('gateway.yaml', { target: 'nginx', files, env: {} })
  return {
    async compile(text) {
      now = text
      const { good, diagnostics } = await compiler.compile()
      if (!good) throw new Error(`${JSON.stringify(diagnostics)}\n${text}`)
      return good.state.lines
    },
  }
}

it('makes the same lines from an edit as from a fresh start', async () => {
  await fc.assert(
    fc.asyncProperty(gateways, gateways, async (one, two) => {
      const mixed = { ...two, services: { ...one.services, ...two.services } }
      const texts = [one, mixed, two, one].map((gateway) => stringify(gateway).replaceAll('protocol: h2', 'protocol: http1')) // which nginx does not speak
      const compiler = following()
      for (const text of texts) expect(await compiler.compile(text)).toEqual(await following().compile(text))
    }),
    cases(40),
  )
})

it('keeps a line while its node is the same, but not when a file that it holds has changed', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'sluice-lines-'))
  const file = join(dir, 'gateway.yaml')
  const fallback = 'circuitBreaker: {openWhen: {failures: 3}, fallback: {respond: {status: 503, file: sorry.txt}}}'
  await writeFile(
    file,
    `version: 1
listeners: {public: {port: 8080}}
services: {a: {endpoints: ["10.0.0.1:80"]}, b: {endpoints: ["10.0.0.2:80"], ${fallback}}}
routes: {a: {match: {path: /a}, to: a}, b: {match: {path: /b}, to: b}}
`,
  )
  const compiler = new Compiler(file, { target: 'nginx' })
  const line = async (text: string, key: string) => {
    await writeFile(join(dir, 'sorry.txt'), text)
    const { good, diagnostics } = await compiler.compile()
    if (!good) throw new Error(JSON.stringify(diagnostics))
    return good.state.lines.get(key)
  }
  const before = { a: await line('one', 'service/a'), b: await line('one', 'service/b') }
  expect(await line('two', 'service/a')).toBe(before.a)
  expect(await line('two', 'service/b')).not.toEqual(before.b)
  expect(await line('one', 'service/b')).toEqual(before.b)
  await rm(dir, { recursive: true })
})
