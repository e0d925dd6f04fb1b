import type { Feature } from '../../feature.ts'
import { check } from './check.ts'
import { schema } from './config.ts'
import { envoy } from './envoy.ts'
import { lower, type Rewrite } from './model.ts'
import { nginx } from './nginx.ts'

export const rewrite: Feature<Rewrite> = {
  name: 'rewrite',
  points: [{ at: 'route', key: 'rewrite', schema, merge: 'replace' }],
  lower,
  check: { route: check },
  envoy,
  nginx,
  codes: {
    'rewrite/prefix-and-path': '`prefix` replaces the matched prefix and keeps the rest, `path` replaces the whole path. Only one can hold.',
    'rewrite/no-prefix':
      '`rewrite.prefix` replaces the prefix that the route matched, so every match of the route must be a prefix such as "/api/*".',
    'rewrite/unknown-variable': 'A variable in `rewrite.path` must stand in the path template of every match of the route.',
    'rewrite/without-forward': 'A redirect or a fixed response never reaches a service, so a rewrite would have no effect.',
  },
}
