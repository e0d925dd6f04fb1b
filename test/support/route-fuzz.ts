import type { Match, PathMatch, Route, ValueMatch } from '../../src/model/gateway.ts'
import type { Random } from './random.ts'
import type { RawRequest } from './raw-http.ts'
import { matchOf, pathOf, routeOf } from './routes.ts'

const words = ['a', 'b', 'ab', 'a.b', 'v1', 'A'] as const
/** A plain header, two that Envoy joins when they are repeated, and one of its own kind. */
const headerNames = ['x-b', 'accept', 'origin', 'cookie'] as const
const regexes = [
  '/a\\?q.*',
  '/ab/?',
  '/a.*',
  '/a/b(/.*)?',
  '/[ab]+',
  '.*b',
  '/a/[^/]+/b',
  '/(a|b)/.*',
  '(?i)/AB/.*',
  '/v1/a\\.b',
  '/a|/b/.*',
  '/a/b?',
  '/ab*',
  '/ab{1,2}/x',
  '[/a]+',
  '/v1/.+',
  '/a\\.b/.*',
]
const hosts = ['one.test', 'two.test', 'x.one.test', 'y.x.one.test', '*.one.test', '*.x.one.test', '*.test', 'test'] as const
const methods = ['GET', 'POST', 'HEAD', 'PUT', 'DELETE'] as const
const values = ['1', '2', '12', '', 'x y', 'a,b', '21'] as const

function randomPath(random: Random): PathMatch {
  if (random.chance(0.15)) return { type: 'regex', regex: random.pick(regexes) }
  const segments = random.many(random.below(4), () => random.pick(words))
  const literal = `/${segments.join('/')}`
  const kind = random.below(10)
  if (kind < 3) return { type: 'exact', path: random.chance(0.1) && literal !== '/' ? `${literal}/` : literal }
  if (kind < 7) return { type: 'prefix', path: literal }
  const open = segments.map((text, index) => (random.chance(0.5) ? `{p${index}}` : text))
  return pathOf(`/${[...open, random.chance(0.5) ? '{rest=**}' : '{last}'].join('/')}`)
}

function randomCondition(random: Random, name: string): ValueMatch {
  switch (random.below(5)) {
    case 0:
      return { name, type: 'exact', value: random.pick(values) }
    case 1:
      return { name, type: 'prefix', value: random.pick(['1', '2', 'x', '']) }
    case 2:
      return { name, type: 'regex', value: random.pick(['1.*', '.*2', '[12]+', 'x y', '', 'a,?b', '1|12']) }
    default:
      return { name, type: 'present', value: random.chance(0.6) }
  }
}

function randomMatch(random: Random): Match {
  const some = <T>(probability: number, make: () => T): T[] => (random.chance(probability) ? [make()] : [])
  return {
    path: randomPath(random),
    methods: random.chance(0.3) ? [...new Set(random.many(1 + random.below(2), () => random.pick(methods)))].sort() : [],
    headers: [...some(0.25, () => randomCondition(random, 'x-a')), ...some(0.15, () => randomCondition(random, random.pick(headerNames)))],
    query: [...some(0.2, () => randomCondition(random, 'q')), ...some(0.1, () => randomCondition(random, 'r.s'))],
  }
}

/** Overlapping routes over a tiny alphabet of paths, hosts, methods, headers and parameters. */
export function randomRoutes(random: Random, count: number): Route[] {
  const known = random.many(3, () => random.pick(hosts))
  return Array.from({ length: count }, (_, index) => {
    const match = random.many(random.chance(0.15) ? 2 : 1, () => randomMatch(random))
    const served = random.chance(0.4) ? [...new Set(random.many(1 + random.below(2), () => random.pick(known)))] : []
    return routeOf(`r${index}`, match, { hosts: served, priority: random.chance(0.1) ? random.below(3) - 1 : 0 })
  })
}

/** A route that takes what no other one does, so that refused and taken requests can be told apart everywhere. */
export const catchAll = routeOf('rest', matchOf('/*'), { priority: -5 })

const odd = [
  '',
  '.',
  '..',
  '%2e',
  '%2E%2e',
  '.;x',
  '..;',
  '%2e;x',
  ';x=1',
  'a;x',
  'b;',
  'a%20',
  'b%20x',
  '%61',
  '%7Ea',
  'a%2fb',
  'a%5Cb',
  'a\\b',
  '%zz',
  '%%32%65',
  '%%361',
  '%4%31',
  '%%2561',
  '%%32e%2e',
  'a%',
  '%00',
  'a%0ab',
  '%c0%ae',
  '%c3%a4',
  'a|b',
  'a*b',
  'a[b]',
  'a^',
  "a'b",
  'a"',
  'c',
  'aB',
  'bb',
  'x',
  '{p0}',
  'a:b@c',
  'a,b',
  '%252e',
  '...',
  'a..',
  '.a',
  '%',
  '%2',
] as const

function randomTarget(random: Random): string {
  const segments = random.many(random.below(5), () => (random.chance(0.18) ? random.pick(odd) : random.pick(words)))
  const end = random.pick(['', '', '', '', '/', '//', '/.', '/..'])
  const parameter = (): string =>
    `${random.pick(['q', 'r.s', 'rxs', 'Q', 'qq', ''])}${random.pick(['=', '=', '=', '', '=='])}${random.pick([...values.map((value) => value.replace(' ', '+')), '%31', '/../a', '//', '%2f', ';q=1'])}`
  const query = random.chance(0.35) ? `?${random.many(random.below(4), parameter).join(random.pick(['&', '&', '&&', ';']))}` : ''
  return `/${segments.join('/')}${end}${query}${random.chance(0.005) ? '#f' : ''}`
}

function randomHost(random: Random): string {
  const name = random.pick([
    'one.test',
    'two.test',
    'x.one.test',
    'y.x.one.test',
    'z.y.x.one.test',
    'test',
    '.one.test',
    'other',
    'xone.test',
    'ONE.test',
    'a.test',
    '[::1]',
    '1.2.3.4',
  ])
  return `${name}${random.pick(['', '', '', '', '.', ':80', ':8443', '.:80'])}${random.chance(0.01) ? ',two.test' : ''}`
}

/** A request near the routes' boundaries. */
export function randomRequest(random: Random): RawRequest {
  const header = (name: string): [string, string][] =>
    random.many(random.pick([0, 0, 0, 1, 1, 2]), () => [random.chance(0.2) ? name.toUpperCase() : name, random.pick(values)])
  return {
    method: random.pick(['GET', 'GET', ...methods]),
    path: randomTarget(random),
    host: randomHost(random),
    headers: [...header('x-a'), ...header(random.pick(headerNames)), ...header(random.pick(headerNames))],
  }
}
