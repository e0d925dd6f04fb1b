import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { Compiler } from '../src/compile.ts'
import { staticBootstrap } from '../src/envoy/static-bootstrap.ts'
import { freePort } from '../test/support/free-port.ts'
import { type BenchEnvoy, startEnvoy } from './support/envoy.ts'
import { generator, round, type Round } from './support/http-load.ts'
import { type BenchOptions, digits, load, median, printTable, spread, target } from './support/report.ts'
import { settings, type StaticFile } from './support/settings.ts'
import { startUpstreams } from './support/upstream.ts'

const paths = ['/api/v1/segmentation/documents/1', '/api/v1/runner/jobs/2?wait=1', '/api/v1/archive/files/3']

interface Subject {
  readonly name: string
  readonly port: number
  readonly envoy: BenchEnvoy
}

/**
 * CPU per request through the compiled gateway.yaml against the same routes written by hand, and what each setting costs.
 * All proxies run at once, each is loaded in turn, every round goes over all of them.
 */
export async function run({ quick }: BenchOptions): Promise<void> {
  const rounds = quick ? 2 : 7
  const seconds = quick ? 1 : 2
  const upstreams = await startUpstreams(6)
  const subjects: Subject[] = []
  const add = async (name: string, text: (port: number, admin: string) => Promise<string>): Promise<void> => {
    const port = await freePort()
    const admin = { path: '' }
    const bootstrap = await text(port, '@ADMIN@')
    subjects.push({ name, port, envoy: await startEnvoy({ bootstrap: (path) => bootstrap.replace('@ADMIN@', (admin.path = path)), cpu: 1 }) })
  }
  try {
    await add('minimal', (port, admin) => Promise.resolve(minimal(port, upstreams.ports, admin)))
    await add('compiled', (port, admin) => compiled(port, upstreams.ports, admin))
    for (const { name, off } of settings) {
      await add(name, async (port, admin) => {
        const file = JSON.parse(await compiled(port, upstreams.ports, admin)) as StaticFile
        off(file)
        return JSON.stringify(file)
      })
    }
    await add('everything of the above', async (port, admin) => {
      const file = JSON.parse(await compiled(port, upstreams.ports, admin)) as StaticFile
      for (const { off } of settings) off(file)
      return JSON.stringify(file)
    })
    report(await measure(subjects, rounds, seconds), { rounds, seconds })
  } finally {
    for (const { envoy } of [...subjects, upstreams]) await envoy.stop()
  }
}

type Rounds = ReadonlyMap<string, readonly Round[]>

async function measure(subjects: readonly Subject[], rounds: number, seconds: number): Promise<Rounds> {
  const results = new Map<string, Round[]>(subjects.map(({ name }) => [name, []]))
  for (const { envoy, port } of subjects) await round(envoy.pid, { port, paths, seconds: 1 })
  for (let number = 0; number < rounds; number++) {
    for (const { name, envoy, port } of subjects) results.get(name)?.push(await round(envoy.pid, { port, paths, seconds }))
  }
  return results
}

function report(results: Rounds, { rounds, seconds }: { readonly rounds: number; readonly seconds: number }): void {
  const of = (name: string): number[] => (results.get(name) ?? []).map(({ cpuPerRequest }) => cpuPerRequest)
  const over = (name: string, base: string): number[] => of(name).map((value, index) => value / (of(base)[index] ?? NaN))
  const rate = (name: string): number => median((results.get(name) ?? []).map(({ perSecond }) => perSecond))
  printTable(
    `CPU per request, compiled gateway.yaml against bench/minimal-envoy.yaml (${rounds} rounds of ${seconds} s, ${generator}, load ${load()})`,
    ['configuration', 'µs per request', 'of minimal', 'requests per s'],
    ['minimal', 'compiled', 'everything of the above'].map((name) => [
      name === 'everything of the above' ? 'compiled, with every setting below taken away' : name,
      spread(of(name)),
      spread(over(name, 'minimal')),
      rate(name),
    ]),
  )
  target('compiled / minimal', median(over('compiled', 'minimal')), 1.2)
  const whole = median(of('minimal'))
  const costs = settings.map(({ name }) => {
    const saved = of('compiled').map((value, index) => value - (of(name)[index] ?? NaN))
    return { name, cost: median(saved), row: [name, spread(saved), `${digits((median(saved) / whole) * 100)} %`] }
  })
  printTable(
    'What each setting costs: compiled minus compiled without it',
    ['setting', 'µs per request', 'of a minimal request'],
    costs.sort((a, b) => b.cost - a.cost).map(({ row }) => row),
  )
}

const compilations = new Map<string, Promise<string>>()

/** gateway.yaml as a static Envoy file; compiled once, the port is put in afterwards. */
export async function compiled(port: number, upstreams: readonly number[], adminPath: string): Promise<string> {
  const names = ['SEGMENTATION_1', 'SEGMENTATION_2', 'RUNNER_1', 'RUNNER_2', 'ARCHIVE_1', 'ARCHIVE_2']
  const env = Object.fromEntries(names.map((name, index) => [name, `127.0.0.1:${upstreams[index]}`]))
  const make = async (): Promise<string> => {
    const { good, diagnostics } = await new Compiler(join(import.meta.dirname, '../gateway.yaml'), {
      env: { ...env, GATEWAY_PORT: '65000' },
    }).compile()
    if (!good) throw new Error(`gateway.yaml has findings: ${diagnostics.map(({ message }) => message).join('; ')}`)
    return staticBootstrap(good.resources.values(), { nodeId: 'bench', nodeCluster: 'bench', admin: { type: 'pipe', path: adminPath } })
  }
  const text = compilations.get(adminPath) ?? make()
  compilations.set(adminPath, text)
  return (await text).replace('"portValue": 65000', `"portValue": ${port}`)
}

export function minimal(port: number, upstreams: readonly number[], path: string): string {
  const text = readFileSync(join(import.meta.dirname, 'minimal-envoy.yaml'), 'utf8')
  const ports = [8080, 3001, 3002, 3011, 3012, 3021, 3022]
  const put = ports.reduce(
    (done, old, index) => done.replace(`port_value: ${old}}`, `port_value: ${index === 0 ? port : upstreams[index - 1]}}`),
    text,
  )
  return JSON.stringify({ ...(parse(put) as object), admin: { address: { pipe: { path } } } })
}
