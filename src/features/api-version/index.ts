import type { Feature } from '../../feature.ts'
import { check } from './check.ts'
import { policySchema, schema } from './config.ts'
import { envoy } from './envoy.ts'
import { narrow } from './narrow.ts'
import { type ApiVersion, lower, written } from './model.ts'
import { nginx } from './nginx.ts'

export const apiVersion: Feature<ApiVersion> = {
  name: 'api-version',
  points: [
    { at: 'route', key: 'apiVersion', schema, merge: 'replace' },
    { at: 'gateway', key: 'apiVersions', schema: policySchema, merge: 'fields' },
  ],
  lower,
  written,
  narrow,
  check: { route: check },
  envoy,
  nginx,
  codes: {
    'api-version/bad-date': 'Dates are days of the calendar, written year-month-day, such as 2026-03-01.',
    'api-version/default-by-path': 'A default takes requests that name no version. Where the path names it, every request does.',
    'api-version/order': 'A version is deprecated first, and ends later.',
    'api-version/policy-order': 'The notice is the last part of the support, so it cannot be longer.',
    'api-version/short-support':
      'Callers were promised `supportMonths` (12 by default) from the deprecation of a version to its end. Give them that time, or change the promise for all.',
    'api-version/ends-soon':
      'The end of a version is nearer than `noticeMonths` (6 by default). Whoever still calls it has to move now; the statistics of the route tell whether somebody does.',
    'api-version/past-sunset':
      'The day on which this version was to end is over. `validate` fails, so that the route is removed; a gateway that runs goes on serving it, because a date alone must not stop it.',
  },
}
