import type { Feature } from '../../feature.ts'
import { schema } from './config.ts'
import { envoy } from './envoy.ts'
import { lower, type OutlierDetection, written } from './model.ts'
import { nginx } from './nginx.ts'

export const outlierDetection: Feature<OutlierDetection> = {
  name: 'outlier-detection',
  points: [{ at: 'service', key: 'outlierDetection', schema, merge: 'fields' }],
  lower,
  written,
  envoy,
  nginx,
  codes: {
    'outlier-detection/eject-order':
      '`ejectFor` is how long an endpoint stays out the first time, `maxEjectFor` the longest time, so it cannot be shorter.',
  },
}
