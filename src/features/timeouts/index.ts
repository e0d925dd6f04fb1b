import type { Feature } from '../../feature.ts'
import { connectSchema, schema } from './config.ts'
import { envoy } from './envoy.ts'
import { checkRoute, lower, type Timeouts } from './model.ts'
import { nginx } from './nginx.ts'

export const timeouts: Feature<Timeouts> = {
  name: 'timeouts',
  points: [
    { at: 'route', key: 'timeouts', schema, merge: 'fields' },
    { at: 'service', key: 'connectTimeout', schema: connectSchema, merge: 'replace' },
  ],
  lower,
  check: { everyRoute: checkRoute },
  envoy,
  nginx,
  codes: {
    'timeouts/per-try-over-request': 'The time of one attempt lies inside the time of the whole request, so it must be shorter.',
    'timeouts/idle-under-answer':
      'While a service works on its answer no byte flows, so `idle` ends the request before `perTry` or `request` does. Times that lie inside each other get shorter towards the inside.',
    'timeouts/connect-over-attempt':
      'Connecting is a part of an attempt, so its time must be shorter than that of the attempt, or it never comes to bear.',
    'timeouts/retries-over-request': 'All attempts together need more time than the request has, so the last ones are cut short or never made.',
  },
}
