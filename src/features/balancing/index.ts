import type { Feature } from '../../feature.ts'
import { schema } from './config.ts'
import { envoy } from './envoy.ts'
import { type Balancing, lower } from './model.ts'
import { nginx } from './nginx.ts'

export const balancing: Feature<Balancing> = {
  name: 'balancing',
  points: [{ at: 'service', key: 'balancing', schema, merge: 'replace' }],
  lower,
  envoy,
  nginx,
  codes: {
    'balancing/missing-key':
      'ring-hash and maglev send equal keys to the same endpoint, so they need a `key`: the attribute of the request that is hashed.',
    'balancing/unused-key': 'Only ring-hash and maglev look at a key. With any other strategy it would have no effect.',
  },
}
