import type { Diagnostic } from '../../diagnostics/diagnostic.ts'
import type { Feature } from '../../feature.ts'
import { schema, type Written } from './config.ts'
import { envoy } from './envoy.ts'
import { nginx } from './nginx.ts'

export const redirect: Feature<Written> = {
  name: 'redirect',
  points: [{ at: 'action', key: 'redirect', schema, merge: 'replace' }],
  lower(value, _node, cx) {
    const written = value as Written
    if (written.path !== undefined && written.prefix !== undefined) {
      cx.report({ code: 'redirect/prefix-and-path', message: 'a redirect has a prefix or a path, not both', path: ['redirect', 'path'], side: 'key' })
    }
    return written.prefix === undefined ? written : { ...written, prefix: written.prefix.replace(/(?<=.)\/+$/, '') }
  },
  check: {
    *route(written, route, cx): Iterable<Diagnostic> {
      if (written.prefix === undefined || route.match.every((match) => match.path.type === 'prefix')) return
      yield {
        code: 'redirect/no-prefix',
        severity: 'error',
        message: `route ${route.name} redirects to another prefix, but does not match one`,
        at: cx.at(route, ['redirect', 'prefix']),
        help: 'match "/prefix/*", or use `redirect: {path: …}`',
      }
    },
  },
  envoy,
  nginx,
  codes: {
    'redirect/prefix-and-path': '`prefix` replaces the matched prefix and keeps the rest, `path` replaces the whole path. Only one can hold.',
    'redirect/no-prefix':
      '`redirect.prefix` replaces the prefix that the route matched, so every match of the route must be a prefix such as "/api/*".',
  },
}
