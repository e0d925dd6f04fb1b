import type { Listener, Match, PathMatch, Route, TemplateSegment } from '../../src/model/gateway.ts'

/** A listener that serves every route. */
export const anyListener: Listener = {
  kind: 'listener',
  name: 'public',
  address: '127.0.0.1',
  port: 80,
  trustedHops: 0,
  errorFormat: 'json',
  policies: {},
}

/** A path as users write it: `/a`, `/a/*`, `/a/{x}`, `/a/{x=**}`, or a RegExp. */
export function pathOf(written: string | RegExp): PathMatch {
  if (typeof written !== 'string') return { type: 'regex', regex: written.source.replaceAll('\\/', '/') }
  if (written.endsWith('/*')) return { type: 'prefix', path: written.slice(0, -2) || '/' }
  if (!written.includes('{')) return { type: 'exact', path: written }
  const segments = written
    .slice(1)
    .split('/')
    .map((text): TemplateSegment => {
      const variable = /^\{(\w+)(=\*\*)?\}$/.exec(text)
      return variable ? { type: variable[2] ? 'rest' : 'one', name: variable[1] ?? '' } : { type: 'literal', text }
    })
  return { type: 'template', segments }
}

export function matchOf(path: string | RegExp, more: Partial<Match> = {}): Match {
  return { path: pathOf(path), methods: [], headers: [], query: [], ...more }
}

export function routeOf(name: string, match: string | RegExp | Match | readonly Match[], more: Partial<Route> = {}): Route {
  const matches = typeof match === 'string' || match instanceof RegExp ? [matchOf(match)] : 'path' in match ? [match] : match
  return {
    kind: 'route',
    name,
    listeners: [],
    hosts: [],
    match: matches,
    priority: 0,
    action: { type: 'forward', targets: [] },
    policies: {},
    ...more,
  }
}
