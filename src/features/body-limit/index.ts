import type { Feature } from '../../feature.ts'
import { schema } from './config.ts'
import { envoy } from './envoy.ts'
import { type BodyLimit, lower } from './model.ts'
import { nginx } from './nginx.ts'

export const bodyLimit: Feature<BodyLimit> = {
  name: 'body-limit',
  points: [{ at: 'route', key: 'bodyLimit', schema, merge: 'replace' }],
  lower,
  envoy,
  nginx,
  codes: {
    'body-limit/out-of-range': 'A limit is at least one byte and at most 1TiB. `bodyLimit: none` takes away a limit that was inherited.',
  },
}
