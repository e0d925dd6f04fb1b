import type { Feature } from '../../feature.ts'
import { schema } from './config.ts'
import { envoy } from './envoy.ts'
import { lower, type SecurityHeaders, written } from './model.ts'
import { nginx } from './nginx.ts'

export const securityHeaders: Feature<SecurityHeaders> = {
  name: 'security-headers',
  points: [{ at: 'route', key: 'securityHeaders', schema, merge: 'fields' }],
  lower,
  written,
  envoy,
  nginx,
  codes: { 'security-headers/no-max-age': 'Browsers ignore Strict-Transport-Security without `max-age`, the seconds for which it holds.' },
}
