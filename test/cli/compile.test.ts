import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { installEnvoy } from '../../src/engine/install.ts'
import { validateWithEnvoy } from '../../src/engine/validate.ts'
import { good, workplace, type Workplace } from './run-cli.ts'

const withTls = `${good}  secure: {match: {path: /secure}, respond: {status: 200}, listeners: [tls]}\n`.replace(
  'public: {port: 8080}',
  'public: {port: 8080}, tls: {port: 8443, tls: {certificates: [{cert: c.pem, key: "secret://file/k.pem"}]}}',
)

function makeCertificate(place: Workplace): void {
  const files = ['-keyout', place.path('k.pem'), '-out', place.path('c.pem')]
  execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '90', '-subj', '/CN=localhost', ...files], { stdio: 'ignore' })
}

describe('compile', () => {
  it('writes one file that Envoy accepts, the same for the same configuration, and leaves nothing beside it', async () => {
    await using place = await workplace({
      'gateway.yaml': good,
      'same.yaml': `# written otherwise\n${good.replace('{port: 8080}', '{"port": 8080}')}`,
    })
    const { code, stdout, stderr } = await place.run(['compile', '--out', 'out/deep'])
    const path = place.path('out/deep/envoy.json')
    expect([code, stdout]).toEqual([0, `${path}\n`])
    expect(stderr).toContain(`run it: $(sluice engine path) -c ${path}`)
    expect(readdirSync(place.path('out/deep'))).toEqual(['envoy.json'])
    const text = readFileSync(path, 'utf8')
    expect(await validateWithEnvoy((await installEnvoy()).path, text)).toEqual({ ok: true })
    expect((await place.run(['compile', 'same.yaml'])).stdout).toBe(text)
    expect(statSync(path).mode & 0o777).toBe(0o644)
  })

  it('replaces the file of the last run, and writes none when the configuration has errors', async () => {
    await using place = await workplace({ 'gateway.yaml': good })
    await place.run(['compile', '--out', 'out'])
    await place.write('gateway.yaml', good.replace('8080', '8081'))
    await place.run(['compile', '--out', 'out'])
    const text = readFileSync(place.path('out/envoy.json'), 'utf8')
    expect(text).toContain('8081')
    await place.write('gateway.yaml', good.replace('respond:', 'respnd:'))
    expect((await place.run(['compile', '--out', 'out'])).code).toBe(1)
    expect(readFileSync(place.path('out/envoy.json'), 'utf8')).toBe(text)
  })

  it('keeps private keys to their owner: no stdout, mode 0600', async () => {
    await using place = await workplace({ 'gateway.yaml': withTls })
    makeCertificate(place)
    const printed = await place.run(['compile'])
    expect([printed.code, printed.stdout]).toEqual([64, ''])
    expect(printed.stderr).toContain('would hold private keys')
    expect((await place.run(['compile', '--out', 'out'])).code).toBe(0)
    expect(statSync(place.path('out/envoy.json')).mode & 0o777).toBe(0o600)
  })

  it('says in one sentence when it cannot write', async () => {
    await using place = await workplace({ 'gateway.yaml': good, out: 'a file' })
    const { code, stderr } = await place.run(['compile', '--out', 'out'])
    expect(code).toBe(1)
    expect(stderr).toMatch(/^error: cannot write .*envoy\.json: /)
  })
})

describe('validate --engine', () => {
  it('asks the real Envoy', async () => {
    await using place = await workplace({ 'gateway.yaml': good })
    expect(await place.run(['validate', '--engine'], { env: process.env })).toEqual({
      code: 0,
      stdout: '',
      stderr: '✔ gateway.yaml is valid, for Envoy too\n',
    })
  })

  it('shows what Envoy refuses as a finding', async () => {
    await using place = await workplace({
      'gateway.yaml': good,
      'envoy.sh':
        '#!/bin/sh\n[ "$1" = --version ] && echo "envoy version: 0/1.40.0/Clean/RELEASE/BoringSSL" && exit\necho "error initializing configuration: no thanks" >&2\nexit 1\n',
    })
    execFileSync('chmod', ['+x', place.path('envoy.sh')])
    const { code, stdout } = await place.run(['validate', '--engine'], { env: { ...process.env, ENVOY_BIN: place.path('envoy.sh') } })
    expect(code).toBe(1)
    expect(stdout).toMatch(/^error envoy\/refused-configuration: Envoy refuses the configuration: .*no thanks/)
  })
})
