import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { compileForNginx, type ForNginx } from '../test/support/nginx.ts'
import { freePort } from '../test/support/free-port.ts'
import { generator, round, type Round } from './support/http-load.ts'
import { hasValgrind } from './support/instructions.ts'
import { type BenchNginx, startTree, writeGateway, writePlain } from './support/nginx.ts'
import { nginxInstructions } from './support/nginx-instructions.ts'
import { type BenchOptions, load, median, printTable, spread, target } from './support/report.ts'

const host = 'bench.example.com'

/** What a gateway of the bench has besides routes and round robin. */
interface Extras {
  readonly service?: string
  readonly route?: string
}

interface Subject {
  readonly name: string
  readonly dir: string
  readonly port: number
  readonly paths: readonly string[]
}

const full: Extras = {
  service: 'healthCheck: {path: /health, interval: 5s}, circuitBreaker: {openWhen: {failures: 50}, openFor: 10s}',
}

const variants: readonly (readonly [name: string, routes: number, extras: Extras])[] = [
  ['routing, balancing, log', 100, {}],
  ['and health checks, circuit breaker', 100, full],
  ['and timeouts, retries', 100, { ...full, route: 'timeouts: {request: 30s}, retry: {attempts: 3}' }],
  ['and a rewritten prefix', 100, { ...full, route: 'timeouts: {request: 30s}, retry: {attempts: 3}, rewrite: {prefix: /}' }],
  ['10,000 routes', 10_000, full],
]

/** What a request costs the nginx engine, against a plain `proxy_pass` with keep-alive that logs nothing; and by the number of routes. */
export async function run({ quick }: BenchOptions): Promise<void> {
  const upstreamPorts = [await freePort(), await freePort()]
  const listens = upstreamPorts.map((port) => `listen 127.0.0.1:${port};`).join(' ')
  const upstream = await startTree(
    writePlain(
      `access_log off; default_type application/json; server { ${listens} location / { return 200 '{"ok":true,"padding":"0123456789012345678901234567890123456789"}'; } }`,
    ),
    { cpu: 0 },
  )
  const subjects: Subject[] = []
  try {
    subjects.push(await plain('plain proxy_pass', upstreamPorts, 'access_log off;'))
    subjects.push(await plain('plain proxy_pass, log "combined"', upstreamPorts, 'access_log logs/access.log combined buffer=64k flush=1s;'))
    for (const [name, routes, extras] of quick ? variants.slice(1, 2) : variants) subjects.push(await gateway(name, routes, extras, upstreamPorts))
    if (hasValgrind) await instructions(subjects, quick ? 300 : 3_000)
    else console.log('\nvalgrind is not installed: no table of instructions')
    await processorTime(subjects, quick ? 2 : 7)
  } finally {
    await upstream.stop()
    for (const { dir } of subjects) rmSync(dir, { recursive: true, force: true })
  }
}

async function plain(name: string, upstreams: readonly number[], log: string): Promise<Subject> {
  const port = await freePort()
  const servers = upstreams.map((upstream) => `server 127.0.0.1:${upstream};`).join(' ')
  const server = `listen 127.0.0.1:${port}; location / { proxy_http_version 1.1; proxy_set_header Connection ""; proxy_pass http://service; }`
  return { name, port, paths: pathsOf(100), dir: writePlain(`${log} upstream service { ${servers} keepalive 256; } server { ${server} }`) }
}

async function gateway(name: string, routes: number, extras: Extras, upstreams: readonly number[]): Promise<Subject> {
  const port = await freePort()
  return { name, port, paths: pathsOf(routes), dir: await writeGateway(await system(port, routes, extras, upstreams)) }
}

/** A gateway with so many routes to ten services, all on one host. */
async function system(port: number, routes: number, { service, route }: Extras, upstreams: readonly number[]): Promise<ForNginx> {
  const endpoints = upstreams.map((upstream) => `"127.0.0.1:${upstream}"`).join(', ')
  const services = Array.from({ length: 10 }, (_, index) => `  s${index}: {endpoints: [${endpoints}]${service ? `, ${service}` : ''}}\n`)
  const list = Array.from(
    { length: routes },
    (_, index) => `  r${index}: {hosts: [${host}], match: {path: /api/v1/r${index}/*}, to: s${index % 10}${route ? `, ${route}` : ''}}\n`,
  )
  const dir = mkdtempSync(join(tmpdir(), 'sluice-bench-'))
  const file = join(dir, 'gateway.yaml')
  try {
    writeFileSync(file, `version: 1\nname: bench\nlisteners: {public: {port: ${port}}}\nservices:\n${services.join('')}routes:\n${list.join('')}`)
    return await compileForNginx(file)
  } finally {
    rmSync(dir, { recursive: true })
  }
}

/** Spread over the whole table, also its end. */
function pathsOf(routes: number): string[] {
  return Array.from({ length: 32 }, (_, index) => `/api/v1/r${Math.floor(((index + 1) * routes) / 32) - 1}/documents/1`)
}

async function instructions(subjects: readonly Subject[], requests: number): Promise<void> {
  const counted: number[] = []
  for (const { dir, port, paths } of subjects) counted.push(await nginxInstructions({ dir, port, host, paths, requests }))
  printTable(
    `Instructions per request in user space, ${requests} requests under callgrind`,
    ['configuration', 'instructions', 'of plain'],
    subjects.map(({ name }, index) => [name, Math.round(counted[index] ?? NaN), (counted[index] ?? NaN) / (counted[0] ?? NaN)]),
  )
}

async function processorTime(subjects: readonly Subject[], rounds: number): Promise<void> {
  const running: { readonly subject: Subject; readonly nginx: BenchNginx; readonly rounds: Round[] }[] = []
  try {
    for (const subject of subjects) running.push({ subject, nginx: await startTree(subject.dir, { cpu: 1 }), rounds: [] })
    for (let number = -1; number < rounds; number++) {
      for (const { subject, nginx, rounds: done } of running) {
        const one = await round(nginx.workers[0] ?? 0, { port: subject.port, paths: subject.paths, host, seconds: 1, connections: 32 })
        if (number >= 0) done.push(one)
      }
    }
  } finally {
    for (const { nginx } of running) await nginx.stop()
  }
  const over = (own: readonly Round[], base: readonly Round[]): number[] =>
    own.map(({ cpuPerRequest }, index) => cpuPerRequest / (base[index]?.cpuPerRequest ?? NaN))
  const base = running[0]?.rounds ?? []
  printTable(
    `CPU of the worker per request (${rounds} rounds of 1 s, interleaved, ${generator}, load ${load()})`,
    ['configuration', 'µs per request', 'of plain', 'requests per s'],
    running.map(({ subject, rounds: own }) => [
      subject.name,
      spread(own.map(({ cpuPerRequest }) => cpuPerRequest)),
      spread(over(own, base)),
      median(own.map(({ perSecond }) => perSecond)),
    ]),
  )
  const of = (name: string): readonly Round[] => running.find(({ subject }) => subject.name === name)?.rounds ?? []
  const measured = of('and health checks, circuit breaker')
  target('CPU of the nginx target / plain proxy_pass', median(over(measured, base)), 1.4)
  if (of('10,000 routes').length > 0) target('CPU per request, 10,000 / 100 routes', median(over(of('10,000 routes'), measured)), 1.2)
}
