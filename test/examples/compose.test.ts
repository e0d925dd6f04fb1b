import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { parse } from 'yaml'
import { composeBootstrap } from '../../examples/alt-las/compose-bootstrap.ts'
import { instancesOf } from '../../examples/alt-las/instances.ts'
import { main } from '../../src/cli.ts'
import { installEnvoy } from '../../src/engine/install.ts'
import { envoyRelease } from '../../src/engine/release.ts'
import { validateWithEnvoy } from '../../src/engine/validate.ts'

const root = join(import.meta.dirname, '../..')
const text = readFileSync(join(root, 'docker-compose.yml'), 'utf8')

interface ComposeService {
  readonly image?: string
  readonly build?: string
  readonly user?: string
  readonly command: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
  readonly depends_on?: Readonly<Record<string, unknown>>
  readonly volumes?: readonly string[]
}

const compose = parse(text, { merge: true }) as { services: Record<string, ComposeService>; volumes: Record<string, null> }
const services = Object.entries(compose.services)

it('names only services and volumes that are there', () => {
  const used = services.flatMap(([, service]) => service.volumes ?? []).map((volume) => volume.split(':')[0] ?? '')
  for (const volume of used.filter((name) => /^[a-z]/.test(name))) expect(Object.keys(compose.volumes)).toContain(volume)
  for (const [name, { image, build, depends_on = {} }] of services) {
    expect(
      [image, build].filter((one) => one !== undefined),
      name,
    ).toHaveLength(1)
    for (const other of Object.keys(depends_on)) expect(Object.keys(compose.services)).toContain(other)
  }
})

it('places every instance where a backend listens', () => {
  const instances = instancesOf(compose.services['sluice']?.environment ?? {})
  expect(instances.map(({ name }) => compose.services[name]?.command)).toEqual(instances.map(({ name, port }) => [name, String(port), '0.0.0.0']))
  expect(instances.map(({ host }) => host)).toEqual(instances.map(({ name }) => name))
})

it('runs the Envoy that sluice is made for, as the user who owns the socket', () => {
  expect(compose.services['envoy']?.image).toBe(`envoyproxy/envoy:v${envoyRelease.version}`)
  expect(readFileSync(join(root, 'Dockerfile'), 'utf8')).toContain(`FROM envoyproxy/envoy:v${envoyRelease.version} AS envoy`)
  expect(compose.services['envoy']?.user).toBe('1000:1000')
})

it('has a bootstrap that is fresh and that Envoy accepts', async () => {
  const committed = readFileSync(join(root, 'examples/alt-las/envoy-bootstrap.json'), 'utf8')
  expect(committed, 'run: node examples/alt-las/compose-bootstrap.ts > examples/alt-las/envoy-bootstrap.json').toBe(composeBootstrap())
  const { path } = await installEnvoy()
  expect(await validateWithEnvoy(path, committed)).toMatchObject({ ok: true })
  const socket = compose.services['sluice']?.command[(compose.services['sluice']?.command.indexOf('--xds') ?? 0) + 1] ?? 'none'
  expect(committed).toContain(JSON.stringify(socket))
})

it('gives the control plane options that it has', async () => {
  let out = ''
  const sink = { write: (text: string) => (out += text) }
  const io = { stdout: sink, stderr: sink, stdin: process.stdin, env: {}, cwd: root, isTTY: false }
  expect(await main(['serve', '--help'], io)).toBe(0)
  for (const option of compose.services['sluice']?.command.filter((word) => word.startsWith('--')) ?? []) expect(out).toContain(option)
})
