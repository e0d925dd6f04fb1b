import type { NginxParts } from '../../nginx/parts.ts'
import type { Caps } from './model.ts'

/** nginx has no queue for connections, so what Envoy would let wait goes out at once: both count for the limit of requests under way. */
export const nginx: NginxParts<Caps> = {
  state: ({ connections, pending, requests, overflow }) => ({ limit: Math.min(requests, connections + pending), ...overflow }),
  *support({ queueWritten }) {
    if (!queueWritten) return
    yield {
      kind: 'note',
      message: 'nginx lets no request wait for a connection: it takes `connections` and `pending` together as a limit of requests under way',
      path: ['caps'],
    }
  },
}
