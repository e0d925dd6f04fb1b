import type { NginxParts } from '../../nginx/parts.ts'
import type { Written } from './config.ts'

/** nginx has no queue for connections, so what Envoy would let wait goes out at once: both count for the limit of requests under way. */
export const nginx: NginxParts<Written> = {
  state: ({ connections = 1024, pending = 1024, requests = 1024 }) => Math.min(requests, connections + pending),
  *support({ connections, pending }) {
    if (connections === undefined && pending === undefined) return
    yield {
      kind: 'note',
      message: 'nginx lets no request wait for a connection: it takes `connections` and `pending` together as a limit of requests under way',
      path: ['caps'],
    }
  },
}
