import type { Feature } from '../../feature.ts'
import { schema } from './config.ts'
import { envoy } from './envoy.ts'
import { lower, type Split } from './model.ts'
import { nginx } from './nginx.ts'

export const split: Feature<Split> = {
  name: 'split',
  points: [{ at: 'route', key: 'split', schema, merge: 'replace' }],
  lower,
  envoy,
  nginx,
}
