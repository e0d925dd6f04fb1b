import type { Feature } from '../../feature.ts'
import { check } from './check.ts'
import { schema } from './config.ts'
import { envoy } from './envoy.ts'
import { type Headers, lower } from './model.ts'
import { nginx } from './nginx.ts'

export const headers: Feature<Headers> = {
  name: 'headers',
  points: [{ at: 'route', key: 'headers', schema, merge: 'fields' }],
  lower,
  check: { route: check },
  envoy,
  nginx,
  codes: {
    'headers/unknown-parameter': 'A header that names {request.path.PARAM} needs that parameter in the path template of every match of the route.',
    'headers/untouchable':
      'Headers that frame the message or choose its route (Host, Connection, Content-Length, …), and Server on responses, belong to the gateway. A wrong one would break every request of the route.',
  },
}
