import type { Feature } from '../../feature.ts'
import { schema } from './config.ts'
import { envoy } from './envoy.ts'
import { lower, type Respond, written } from './model.ts'
import { nginx } from './nginx.ts'

export const respond: Feature<Respond> = {
  name: 'respond',
  points: [{ at: 'action', key: 'respond', schema, merge: 'replace' }],
  lower,
  written,
  envoy,
  nginx,
  codes: {
    'respond/text-and-json': '`text` and `json` are two ways to write the body; only one can hold.',
    'respond/body-too-large': 'A fixed answer is part of the route table of every proxy, so it is kept small. Serve larger bodies from a service.',
  },
}
