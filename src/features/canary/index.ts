import type { Feature } from '../../feature.ts'
import { schema } from './config.ts'
import { envoy } from './envoy.ts'
import { type Canary, check, lower, written } from './model.ts'
import { nginx } from './nginx.ts'

export const canary: Feature<Canary> = {
  name: 'canary',
  points: [{ at: 'route', key: 'canary', schema, merge: 'fields' }],
  lower,
  written,
  check: { route: check },
  targets: ({ to }) => [{ ...to, path: ['canary', 'to'] }],
  envoy,
  nginx,
  codes: {
    'canary/nobody': 'Without a share above 0% and without `force` the canary takes no request, and the key would do nothing.',
    'canary/needs-one-target':
      'A canary takes requests away from the one target of its route. Several targets share by their weights; `split` makes that sticky.',
    'canary/same-target': 'The route and its canary lead to the same endpoints, so there would be nothing to try out.',
  },
}
