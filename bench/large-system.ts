import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export interface Size {
  readonly services: number
  readonly routes: number
  /** Files that the routes are spread over; 1 keeps everything in one file. */
  readonly files?: number
  /** Hosts that the routes are spread over. */
  readonly hosts?: number
  readonly port?: number
  /** Endpoints of every service, `address:port`; default two addresses of its own that nobody answers on. */
  readonly endpoints?: readonly string[]
  /** Default true. Say false when a real Envoy takes the configuration: it would ask each endpoint. */
  readonly healthChecks?: boolean
  /** Routes that only forward by host and path, without conditions, rewrites and retries. */
  readonly plain?: boolean
}

/** Writes a gateway of the given size and returns its root file. Routes have policies of their own, as real ones do. */
export function writeLargeSystem(dir: string, size: Size): string {
  const { services, routes, files = 1, hosts = Math.max(1, Math.ceil(routes / 100)), port = 8080, plain = false } = size
  mkdirSync(join(dir, 'parts'), { recursive: true })
  const defaults = plain ? '' : 'defaults:\n  route: {timeouts: {request: 30s}, retry: {attempts: 3}}\n'
  const head = `version: 1\nname: large\nlisteners: {public: {port: ${port}}}\n${defaults}`
  const parts = Array.from({ length: files }, (_, part) => {
    const own = (count: number) => Array.from({ length: count }, (_, index) => index).filter((index) => index % files === part)
    return `services:\n${own(services)
      .map((index) => service(index, size))
      .join('')}routes:\n${own(routes)
      .map((index) => (plain ? plainRoute : route)(index, services, hosts))
      .join('')}`
  })
  const root = join(dir, 'gateway.yaml')
  if (files === 1) writeFileSync(root, head + (parts[0] ?? ''))
  else {
    writeFileSync(root, `${head}include: [parts/*.yaml]\n`)
    for (const [index, part] of parts.entries()) writeFileSync(join(dir, 'parts', `${String(index).padStart(4, '0')}.yaml`), part)
  }
  return root
}

function service(index: number, { endpoints, healthChecks = true }: Size): string {
  const address = `10.${(index >> 16) & 255}.${(index >> 8) & 255}.${index & 255}`
  const list = (endpoints ?? [`${address}:9000`, `${address}:9001`]).map((one) => `"${one}"`).join(', ')
  return `  service-${index}:\n    endpoints: [${list}]\n${healthChecks ? '    healthCheck: {path: /health, interval: 5s}\n' : ''}`
}

function plainRoute(index: number, services: number, hosts: number): string {
  return `  route-${index}: {hosts: [h${index % hosts}.example.com], match: {path: /api/v1/r${index}/*}, to: service-${index % services}}\n`
}

function route(index: number, services: number, hosts: number): string {
  return (
    `  route-${index}:\n    hosts: [h${index % hosts}.example.com]\n    match: {path: /api/v1/r${index}/*, methods: [GET, POST]}\n` +
    `    rewrite: {prefix: /}\n    to: service-${index % services}\n    timeouts: {request: ${10 + (index % 50)}s}\n`
  )
}
