import { rmSync } from 'node:fs'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Compiler } from '../src/compile.ts'
import { staticBootstrap } from '../src/envoy/static-bootstrap.ts'
import { freePort } from '../test/support/free-port.ts'
import { writeLargeSystem } from './large-system.ts'
import { type BenchEnvoy, startEnvoy } from './support/envoy.ts'
import { generator, round, type Round } from './support/http-load.ts'
import { type BenchOptions, load, median, printTable, spread, target } from './support/report.ts'
import { asList } from './support/settings.ts'
import { startUpstreams } from './support/upstream.ts'

interface Subject {
  readonly name: string
  readonly port: number
  readonly paths: readonly string[]
  readonly envoy: BenchEnvoy
}

/** CPU of Envoy per request by the number of routes in one virtual host, as sluice writes it and as a plain list. */
export async function run({ quick }: BenchOptions): Promise<void> {
  const many = quick ? 1_000 : 10_000
  const upstreams = await startUpstreams(1)
  const endpoint = `127.0.0.1:${upstreams.ports[0]}`
  const subjects: Subject[] = []
  try {
    for (const [routes, list] of [
      [100, false],
      [1_000, false],
      [many, false],
      [many, true],
    ] as const) {
      subjects.push(await start(routes, list, endpoint))
    }
    const results = new Map<Subject, Round[]>(subjects.map((subject) => [subject, []]))
    for (let number = 0; number < (quick ? 2 : 7); number++) {
      for (const [{ envoy, port, paths }, rounds] of results) {
        rounds.push(await round(envoy.pid, { port, paths, host: 'h0.example.com', seconds: 1 }))
      }
    }
    report([...results])
  } finally {
    for (const { envoy } of [...subjects, upstreams]) await envoy.stop()
  }
}

async function start(routes: number, list: boolean, endpoint: string): Promise<Subject> {
  const dir = mkdtempSync(join(tmpdir(), 'sluice-bench-'))
  const port = await freePort()
  const root = writeLargeSystem(dir, { services: 10, routes, hosts: 1, port, endpoints: [endpoint], healthChecks: false })
  const { good, diagnostics } = await new Compiler(root, { env: {} }).compile()
  if (!good) throw new Error(diagnostics.map(({ message }) => message).join('\n'))
  const bootstrap = (path: string): string => {
    const text = staticBootstrap(good.resources.values(), { nodeId: 'bench', nodeCluster: 'bench', admin: { type: 'pipe', path } })
    return list ? asList(text) : text
  }
  const envoy = await startEnvoy({ bootstrap, cpu: 1 })
  rmSync(dir, { recursive: true })
  // Spread over the whole table, also its end.
  const paths = Array.from({ length: 32 }, (_, index) => `/api/v1/r${Math.floor(((index + 1) * routes) / 32) - 1}/documents/1`)
  return { name: list ? `${routes} as a plain list` : String(routes), port, paths, envoy }
}

function report(results: readonly (readonly [Subject, readonly Round[]])[]): void {
  const base = results[0]?.[1] ?? []
  const over = (rounds: readonly Round[]): number[] => rounds.map(({ cpuPerRequest }, index) => cpuPerRequest / (base[index]?.cpuPerRequest ?? NaN))
  printTable(
    `CPU per request by number of routes in one virtual host, interleaved (${generator}, load ${load()})`,
    ['routes', 'µs per request', 'of that with 100', 'requests per s'],
    results.map(([{ name }, rounds]) => [
      name,
      spread(rounds.map(({ cpuPerRequest }) => cpuPerRequest)),
      spread(over(rounds)),
      median(rounds.map(({ perSecond }) => perSecond)),
    ]),
  )
  target(`CPU per request, ${results[2]?.[0].name} / 100 routes`, median(over(results[2]?.[1] ?? [])), 1.2)
}
