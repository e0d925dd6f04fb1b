import type { Feature } from '../../feature.ts'
import { budgetSchema, schema } from './config.ts'
import { envoy } from './envoy.ts'
import { lower, type Retry } from './model.ts'
import { nginx } from './nginx.ts'

export const retry: Feature<Retry> = {
  name: 'retry',
  points: [
    { at: 'route', key: 'retry', schema, merge: 'fields' },
    { at: 'service', key: 'retryBudget', schema: budgetSchema, merge: 'fields' },
  ],
  lower,
  envoy,
  nginx,
  codes: {
    'retry/backoff-order': '`backoff.initial` is the wait before the second attempt, `backoff.max` the longest one, so it cannot be shorter.',
  },
}
