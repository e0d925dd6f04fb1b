import type { Feature } from '../../feature.ts'
import { schema, type Written } from './config.ts'
import { envoy } from './envoy.ts'
import { nginx } from './nginx.ts'

export const caps: Feature<Written> = {
  name: 'caps',
  points: [{ at: 'service', key: 'caps', schema, merge: 'fields' }],
  envoy,
  nginx,
}
