import type { Feature } from '../../feature.ts'
import { check } from './check.ts'
import { schema } from './config.ts'
import { envoy } from './envoy.ts'
import { weigh } from './load-weights.ts'
import { type Balancing, lower } from './model.ts'
import { nginx } from './nginx.ts'

export const balancing: Feature<Balancing> = {
  name: 'balancing',
  points: [{ at: 'service', key: 'balancing', schema, merge: 'replace' }],
  lower,
  check: { service: check },
  weigh,
  envoy,
  nginx,
  codes: {
    'balancing/missing-key':
      'ring-hash and maglev send equal keys to the same endpoint, so they need a `key`: the attribute of the request that is hashed.',
    'balancing/unused-key': 'Only ring-hash and maglev look at a key. With any other strategy it would have no effect.',
    'balancing/unused-option':
      'The option belongs to other strategies, which the help names. With this one it would have no effect, so it is refused instead of being ignored.',
    'balancing/unused-weights':
      'The strategy `random` gives every endpoint the same chance on both engines. Endpoint weights count in every other strategy.',
    'balancing/unknown-zone':
      'No endpoint of the service carries one of the zones that `prefer` names, so none is preferred. It is a typing error, or the variable that names the zone has another value here.',
    'balancing/bad-spill':
      '`spillBelow` is the share of healthy endpoints from which on a zone carries everything. It is at least 1%; at 100% every sick endpoint sends its part to the next zone.',
  },
}
