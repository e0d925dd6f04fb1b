import type { Feature } from '../../feature.ts'
import { schema } from './config.ts'
import { envoy } from './envoy.ts'
import { lower, type Sticky, written } from './model.ts'
import { nginx } from './nginx.ts'

export const sticky: Feature<Sticky> = {
  name: 'sticky',
  points: [{ at: 'service', key: 'sticky', schema, merge: 'replace' }],
  lower,
  written,
  envoy,
  nginx,
  codes: {
    'sticky/insecure-cookie':
      'Browsers take a cookie with `SameSite=None` only when it is `Secure` as well; they would drop it, and no client would stay at its endpoint.',
  },
}
