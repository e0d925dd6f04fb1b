import type { Feature } from '../../feature.ts'
import { check } from './check.ts'
import { schema } from './config.ts'
import { envoy } from './envoy.ts'
import { lower, type Query, written } from './model.ts'
import { nginx } from './nginx.ts'

export const query: Feature<Query> = {
  name: 'query',
  points: [{ at: 'route', key: 'query', schema, merge: 'fields' }],
  lower,
  written,
  check: { route: check },
  envoy,
  nginx,
  codes: {
    'query/no-service': 'The service is chosen among the targets of the route after the query is written, so its name cannot stand in it.',
    'query/unknown-parameter': 'A value that names {request.path.PARAM} needs that parameter in the path template of every match of the route.',
    'query/without-forward': 'A redirect or a fixed response never reaches a service, so its query would be written for nobody.',
  },
}
