import { describe, expect, it } from 'vitest'
import { installNginx } from '../../src/engine/nginx-install.ts'
import { exit, type ExitCode } from '../../src/cli/exit.ts'
import { good, type RunOptions, withError, withWarning, workplace } from './run-cli.ts'

const files = {
  'gateway.yaml': good,
  'warning.yaml': withWarning,
  'error.yaml': withError,
  'syntax.yaml': 'version: 1\nroutes: {a: [}\n',
  'empty.yaml': '# nothing\n',
  'list.yaml': '- 1\n',
  'include.yaml': `${good}include: [missing.yaml]\n`,
  'broken-include.yaml': `${good}include: [syntax.yaml]\n`,
  'changed.yaml': good.replace('text: hello', 'text: bye'),
  'overlays/prod.yaml': 'routes: {hello: {respond: {status: 201, text: hello}}}\n',
}

type Case = readonly [line: string, code: ExitCode, options?: RunOptions]
const withFormat: readonly Case[] = [
  ['validate', exit.ok],
  ['validate --env prod', exit.ok],
  ['validate warning.yaml', exit.ok],
  ['validate warning.yaml --fail-on warning', exit.findings],
  ['validate error.yaml', exit.findings],
  ['validate -', exit.ok, { stdin: good }],
  ['validate -', exit.badInput, { stdin: '' }],
  ['validate missing.yaml', exit.badInput],
  ['validate .', exit.badInput],
  ['validate syntax.yaml', exit.badInput],
  ['validate empty.yaml', exit.badInput],
  ['validate list.yaml', exit.badInput],
  ['validate include.yaml', exit.badInput],
  ['validate broken-include.yaml', exit.badInput],
  ['validate --env staging', exit.badInput],
  ['compile', exit.ok],
  ['compile error.yaml', exit.findings],
  ['compile warning.yaml --fail-on warning', exit.findings],
  ['compile missing.yaml', exit.badInput],
  ['compile syntax.yaml --print-merged', exit.badInput],
  ['plan', exit.ok],
  ['plan --against gateway.yaml --exit-code', exit.ok],
  ['plan changed.yaml --against gateway.yaml', exit.ok],
  ['plan changed.yaml --against gateway.yaml --exit-code', exit.changes],
  ['plan --exit-code', exit.changes],
  ['plan error.yaml --against gateway.yaml --exit-code', exit.findings],
  ['plan gateway.yaml --against error.yaml', exit.findings],
  ['plan gateway.yaml --against missing.yaml', exit.badInput],
  ['plan - --against gateway.yaml --exit-code', exit.ok, { stdin: good }],
  ['plan - --against -', exit.usage],
  ['explain-code', exit.ok],
  ['explain-code route/shadowed', exit.ok],
  ['explain-code route/shado', exit.usage],
  ['engine path', exit.unavailable, { env: { SLUICE_CACHE: '/nonexistent', PATH: '' } }],
  ['engine version', exit.unavailable, { env: { SLUICE_CACHE: '/nonexistent', PATH: '' } }],
  ['engine path', exit.unavailable, { env: { ENVOY_BIN: '/nonexistent' } }],
  ['engine path nginx', exit.unavailable, { env: { NGINX_BIN: '/nonexistent' } }],
  ['engine version nginx', exit.unavailable, { env: { NGINX_BIN: '/nonexistent' } }],
  ['engine install nginx', exit.unavailable, { env: { NGINX_BIN: '/nonexistent' } }],
  ['engine path nginx', exit.ok, { env: process.env }],
  ['engine version nginx', exit.ok, { env: process.env }],
  ['compile --target nginx --out tree', exit.ok, { env: process.env }],
  ['compile --target nginx --out tree', exit.unavailable, { env: { NGINX_BIN: '/nonexistent' } }],
  ['compile error.yaml --target nginx --out tree', exit.findings],
  ['compile missing.yaml --target nginx --out tree', exit.badInput],
]
const plain: readonly Case[] = [
  ['', exit.usage],
  ['--help', exit.ok],
  ['--version', exit.ok],
  ['help validate', exit.ok],
  ['validate --help', exit.ok],
  ['valdate', exit.usage],
  ['validate --nope', exit.usage],
  ['validate a.yaml b.yaml', exit.usage],
  ['validate --format xml', exit.usage],
  ['validate --fail-on never', exit.usage],
  ['validate --env', exit.usage],
  ['compile --target nginx', exit.usage],
  ['compile --admin-port 99999', exit.usage],
  ['engine', exit.usage],
  ['engine delete', exit.usage],
  ['engine path caddy', exit.usage],
  ['compile --target caddy', exit.usage],
  ['schema', exit.ok],
]

await installNginx()

describe('exit codes', () => {
  for (const [line, code, options] of withFormat) {
    it(`sluice ${line} gives ${code}, as text and as JSON`, async () => {
      await using place = await workplace(files)
      const text = await place.run([...line.split(' '), '--format', 'text'], options)
      const json = await place.run([...line.split(' '), '--format', 'json'], options)
      expect([text.code, json.code]).toEqual([code, code])
    })
  }

  for (const [line, code] of plain) {
    it(`sluice ${line} gives ${code}`, async () => {
      await using place = await workplace(files)
      const words = line.split(' ').filter((word) => word !== '')
      expect((await place.run(words)).code).toBe(code)
    })
  }

  it('suggests the verb that was meant', async () => {
    await using place = await workplace(files)
    const { stdout, stderr } = await place.run(['valdate'])
    expect(stdout).toBe('')
    expect(stderr).toContain("unknown command 'valdate'\n(Did you mean validate?)")
  })

  it('reports a mistake of its own as 70, with a report and without an exception', async () => {
    await using place = await workplace(files)
    const { code, stdout, stderr } = await place.run(['schema'], { brokenStdout: true })
    expect([code, stdout]).toEqual([exit.internal, ''])
    expect(stderr).toMatch(/^internal error: Error: stdout is broken\n[^]*mistake in sluice/)
  })
})
