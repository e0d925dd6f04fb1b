import type { Feature } from '../../feature.ts'
import { schema } from './config.ts'
import { envoy } from './envoy.ts'
import { type Compression, lower } from './model.ts'
import { nginx } from './nginx.ts'

export const compression: Feature<Compression> = {
  name: 'compression',
  points: [{ at: 'route', key: 'compression', schema, merge: 'fields' }],
  lower,
  envoy,
  nginx,
  codes: { 'compression/size-out-of-range': '`minSize` is at most 2GiB. To compress nothing on a route, write `compression: none`.' },
}
