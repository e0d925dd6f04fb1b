import { commonHeaders } from './http-settings.ts'
import { block, call, type Directive, directive, template } from './nginx-conf.ts'
import { type RetryStatuses, retryStatuses, type Trust } from './parts.ts'
import type { StartListener } from './start.ts'

/** What nginx tries again for each choice; the runtime decides per route whether there is another try at all. */
const nextUpstream: Readonly<Record<RetryStatuses, readonly string[]>> = {
  none: [],
  '503': ['http_503'],
  '429': ['http_429'],
  '429-503': ['http_429', 'http_503'],
  gateway: ['http_502', 'http_503', 'http_504'],
  '5xx': ['http_500', 'http_502', 'http_503', 'http_504'],
}

/** One way to reach a service: the name of its upstream block, and how requests are handed to it. */
interface Way {
  readonly name: string
  readonly pass: Directive
  readonly kind: 'proxy' | 'grpc'
  readonly more: readonly Directive[]
}

/** Ways to reach services: plain, gRPC, and both over TLS for each way to check certificates. `trustFile` gives the PEM file of one. */
export function ways(trusts: ReadonlyMap<string, Trust>, trustFile: (name: string, trust: Trust) => string): readonly Way[] {
  const all: Way[] = [way('http', 'http', 'proxy'), way('grpc', 'grpc', 'grpc')]
  for (const [name, trust] of trusts) {
    const check = (kind: Way['kind']): Directive[] =>
      trust === 'none'
        ? [directive(`${kind}_ssl_verify`, 'off')]
        : [directive(`${kind}_ssl_verify`, 'on'), directive(`${kind}_ssl_trusted_certificate`, trustFile(name, trust))]
    all.push({ ...way(`tls-${name}`, 'https', 'proxy'), more: check('proxy') }, { ...way(`grpcs-${name}`, 'grpcs', 'grpc'), more: check('grpc') })
  }
  return all
}

function way(name: string, scheme: string, kind: Way['kind']): Way {
  const target = `${scheme}://${upstreamBlock(name)}`
  const pass = kind === 'grpc' ? directive('grpc_pass', target) : directive('proxy_pass', template(`${target}$sl_path`))
  return { name, pass, kind, more: [] }
}

export function upstreamBlock(way: string): string {
  return `sl_${way.replaceAll('-', '_')}`
}

/**
 * The catch-all of a listener: routes, and forwards the common case itself, with next to no variables. No status is tried again: with it in the
 * location, an answer with that status would be thrown away on a route that wants another attempt for other reasons alone.
 */
export function mainLocation({ id, tls }: Pick<StartListener, 'id' | 'tls'>): Directive {
  return block(
    'location',
    ['/'],
    [
      call('access_by_lua_block', 'request', 'access', id),
      ...commonHeaders(tls ? 'https' : 'http'),
      directive('proxy_pass', `http://${upstreamBlock('http')}`),
    ],
  )
}

/** Variables that the runtime sets. They must be declared somewhere, but not where requests pass: each `set` costs them, and one that runs again wipes. */
export const variables: readonly Directive[] = ['request_id', 'path', 'host', 'sni', 'rest', 'front_proto'].map((name) =>
  directive('set', template(`$sl_${name}`), template('')),
)

/** Name of a shape, without the way. */
export function shapeOf(statuses: RetryStatuses, unsafe: boolean, compress: boolean): string {
  return `${statuses}${unsafe ? '-unsafe' : ''}${compress ? '-gzip' : ''}`
}

/** The other shapes: for each way, each choice of statuses, whether POST is tried again, and whether answers may be compressed. */
export function shapeLocations(all: readonly Way[]): Directive[] {
  const choices = retryStatuses.flatMap((statuses) => both.flatMap((unsafe) => both.map((compress) => ({ statuses, unsafe, compress }))))
  return all.flatMap((one) =>
    choices.map(({ statuses, unsafe, compress }) => {
      const next = ['error', 'timeout', ...nextUpstream[statuses], ...(unsafe ? ['non_idempotent'] : [])]
      const inner = [directive(`${one.kind}_next_upstream`, ...next), ...(compress ? gzip : []), ...one.more, one.pass]
      return block('location', [`@${one.name}_${shapeOf(statuses, unsafe, compress)}`], inner)
    }),
  )
}

const both = [false, true] as const

/** What is compressed, and which Vary it gets, is for the runtime to say. */
const gzip: readonly Directive[] = [
  directive('gzip', 'on'),
  directive('gzip_types', '*'),
  directive('gzip_min_length', 0),
  directive('gzip_proxied', 'any'),
  directive('gzip_vary', 'off'),
  directive('gzip_comp_level', 5),
]

/** Largest bodies, in bytes, that nginx reads for a route when the client does not say how long its body is. A fixed ladder: nginx knows the limit only from its files. */
const bodySteps = [16, 20, 24, 28, 32, 40].map((bits) => 2 ** bits)

/** The location that reads a body up to the first step that is not below `limit`; the runtime then compares with the limit itself. */
export function bodyLocation(limit: number): string {
  return `@body_${bodySteps.find((step) => step >= limit) ?? 0}`
}

export function bodyLocations(first: Way): Directive[] {
  return bodySteps.map((step) =>
    block('location', [bodyLocation(step)], [directive('client_max_body_size', step), call('access_by_lua_block', 'body', 'read'), first.pass]),
  )
}
