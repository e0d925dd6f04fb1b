import type { Feature } from '../../feature.ts'
import { schema } from './config.ts'
import { envoy } from './envoy.ts'
import { check, lower, type Mirror, targets, written } from './model.ts'
import { nginx } from './nginx.ts'

export const mirror: Feature<Mirror> = {
  name: 'mirror',
  points: [{ at: 'route', key: 'mirror', schema, merge: 'replace' }],
  lower,
  written,
  check: { route: check },
  targets,
  envoy,
  nginx,
  codes: {
    'mirror/twice': 'A list of mirrors names each service once; its share says how much it gets.',
    'mirror/nothing-to-copy': 'Only requests that go to a service are copied. A redirect or an answer of the gateway itself is not.',
  },
}
