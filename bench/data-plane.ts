import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { Compiler } from '../src/compile.ts'
import { staticBootstrap } from '../src/envoy/static-bootstrap.ts'
import { freePort } from '../test/support/free-port.ts'
import { type BenchEnvoy, startEnvoy } from './support/envoy.ts'
import { generator, round, type Round } from './support/http-load.ts'
import { hasValgrind, instructionsPerRequest } from './support/instructions.ts'
import { type BenchOptions, load, median, printTable, spread, target } from './support/report.ts'
import { settings, type StaticFile } from './support/settings.ts'
import { startUpstreams } from './support/upstream.ts'

const paths = ['/api/v1/segmentation/documents/1', '/api/v1/runner/jobs/2?wait=1', '/api/v1/archive/files/3']

/** A configuration to measure: a static Envoy file as JSON text, for a listener port and an admin socket. */
interface Variant {
  readonly name: string
  readonly text: (port: number, adminSocket: string) => string
}

/**
 * CPU per request through the compiled gateway.yaml against the same routes written by hand, and what each setting costs.
 * For the CPU all proxies run at once and are loaded in turn; the settings differ by less than a clock can tell, so their instructions are counted.
 */
export async function run({ quick }: BenchOptions): Promise<void> {
  const upstreams = await startUpstreams(6)
  try {
    const whole = await compiled(upstreams.ports)
    const minimal: Variant = { name: 'minimal', text: (port, path) => handWritten('minimal-envoy.yaml', port, upstreams.ports, path) }
    const equal: Variant = {
      name: 'by hand, with the same filters',
      text: (port, path) => handWritten('equal-envoy.yaml', port, upstreams.ports, path),
    }
    const all: Variant = { name: 'compiled', text: whole }
    const bare: Variant = { name: 'compiled, without every setting below', text: changed(whole, (file) => settings.forEach(({ off }) => off(file))) }
    await processorTime([minimal, all, equal, bare], quick ? 3 : 31)
    if (!hasValgrind) return console.log('\nvalgrind is not installed: no table of what each setting costs')
    const variants = settings.map(({ name, off }): Variant => ({ name, text: changed(whole, off) }))
    await instructions([minimal, all, equal, bare], quick ? variants.slice(0, 2) : variants, quick ? 100 : 600)
  } finally {
    await upstreams.envoy.stop()
  }
}

async function processorTime(variants: readonly Variant[], rounds: number): Promise<void> {
  const subjects: { readonly name: string; readonly port: number; readonly envoy: BenchEnvoy; readonly rounds: Round[] }[] = []
  try {
    for (const { name, text } of variants) {
      const port = await freePort()
      const envoy = await startEnvoy({ bootstrap: (path) => text(port, path), cpu: 1 })
      subjects.push({ name, port, envoy, rounds: [] })
      await round(envoy.pid, { port, paths, seconds: 1 })
    }
    for (let number = 0; number < rounds; number++) {
      for (const { envoy, port, rounds: done } of subjects) done.push(await round(envoy.pid, { port, paths, seconds: 1 }))
    }
  } finally {
    for (const { envoy } of subjects) await envoy.stop()
  }
  const base = subjects[0]?.rounds ?? []
  const over = (own: readonly Round[]): number[] => own.map(({ cpuPerRequest }, index) => cpuPerRequest / (base[index]?.cpuPerRequest ?? NaN))
  printTable(
    `CPU per request, compiled gateway.yaml against bench/minimal-envoy.yaml (${rounds} rounds of 1 s, interleaved, ${generator}, load ${load()})`,
    ['configuration', 'µs per request', 'of minimal', 'requests per s'],
    subjects.map(({ name, rounds: own }) => [
      name,
      spread(own.map(({ cpuPerRequest }) => cpuPerRequest)),
      spread(over(own)),
      median(own.map(({ perSecond }) => perSecond)),
    ]),
  )
  target('CPU of compiled / minimal', median(over(subjects[1]?.rounds ?? [])), 1.2)
  const equal = subjects[2]?.rounds ?? []
  const ratios = (subjects[1]?.rounds ?? []).map(({ cpuPerRequest }, index) => cpuPerRequest / (equal[index]?.cpuPerRequest ?? NaN))
  target('CPU of compiled / by hand with the same filters', median(ratios), 1.1)
}

async function instructions(frame: readonly Variant[], variants: readonly Variant[], requests: number): Promise<void> {
  const count = async ({ text }: Variant): Promise<number> => {
    const port = await freePort()
    // Health checks run on the main thread, which is not counted, and fail while valgrind makes everything slow.
    const bootstrap = (path: string): string => changed(() => text(port, path), withoutChecks)(port, path)
    return instructionsPerRequest({ bootstrap, port, paths, requests })
  }
  const rows: (string | number)[][] = []
  let minimal = NaN
  let whole = NaN
  for (const variant of frame) {
    const counted = await count(variant)
    if (variant.name === 'minimal') minimal = counted
    if (variant.name === 'compiled') whole = counted
    rows.push([variant.name, Math.round(counted), counted / minimal])
  }
  printTable(`Instructions per request in user space, ${requests} requests under callgrind`, ['configuration', 'instructions', 'of minimal'], rows)
  const costs: { readonly name: string; readonly cost: number }[] = []
  for (const variant of variants) costs.push({ name: variant.name, cost: whole - (await count(variant)) })
  printTable(
    'What each setting costs: compiled minus compiled without it',
    ['setting', 'instructions per request', 'of a minimal request'],
    costs.sort((a, b) => b.cost - a.cost).map(({ name, cost }) => [name, Math.round(cost), `${((cost / minimal) * 100).toFixed(1)} %`]),
  )
}

function changed(text: Variant['text'], change: (file: StaticFile) => void): Variant['text'] {
  return (port, path) => {
    const file = JSON.parse(text(port, path)) as StaticFile
    change(file)
    return JSON.stringify(file)
  }
}

function withoutChecks(file: StaticFile): void {
  for (const cluster of [...(file.staticResources?.clusters ?? []), ...(file.static_resources?.clusters ?? [])]) {
    for (const key of ['healthChecks', 'outlierDetection', 'health_checks', 'outlier_detection']) delete cluster[key]
  }
}

/** gateway.yaml as a static Envoy file; its port is put in afterwards. */
async function compiled(upstreams: readonly number[]): Promise<Variant['text']> {
  const names = ['SEGMENTATION_1', 'SEGMENTATION_2', 'RUNNER_1', 'RUNNER_2', 'ARCHIVE_1', 'ARCHIVE_2']
  const env = Object.fromEntries(names.map((name, index) => [name, `127.0.0.1:${upstreams[index]}`]))
  const root = join(import.meta.dirname, '../gateway.yaml')
  const { good, diagnostics } = await new Compiler(root, { env: { ...env, GATEWAY_PORT: '65000' } }).compile()
  if (!good) throw new Error(`gateway.yaml has findings: ${diagnostics.map(({ message }) => message).join('; ')}`)
  return (port, path) => {
    const text = staticBootstrap(good.resources.values(), { nodeId: 'bench', nodeCluster: 'bench', admin: { type: 'pipe', path } })
    return text.replace('"portValue": 65000', `"portValue": ${port}`)
  }
}

function handWritten(file: string, port: number, upstreams: readonly number[], path: string): string {
  const text = readFileSync(join(import.meta.dirname, file), 'utf8')
  const ports = [8080, 3001, 3002, 3011, 3012, 3021, 3022]
  const put = ports.reduce(
    (done, old, index) => done.replace(`port_value: ${old}}`, `port_value: ${index === 0 ? port : upstreams[index - 1]}}`),
    text,
  )
  return JSON.stringify({ ...(parse(put) as object), admin: { address: { pipe: { path } } } })
}
