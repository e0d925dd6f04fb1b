import type { NginxParts } from '../../nginx/parts.ts'
import { type Mirror, pathOf } from './model.ts'

/** The services themselves are among the further targets of the route's line, in the same order. */
export const nginx: NginxParts<Mirror> = {
  state: ({ copies }) => ({ percents: copies.map(({ percent }) => percent) }),
  *support(mirror, _node, cx) {
    for (const [index, { to }] of mirror.copies.entries()) {
      const service = cx.service(to)
      if (!service || (service.protocol === 'http1' && service.policies['upstream-tls'] === undefined)) continue
      yield {
        kind: 'refused',
        message: `nginx sends copies over plain HTTP/1.1 only, and ${to} ${service.protocol === 'http1' ? 'speaks TLS' : `speaks ${service.protocol}`}`,
        path: pathOf(mirror, index),
      }
    }
    yield {
      kind: 'note',
      message: 'nginx does not copy requests whose body is larger than 128KiB or has no Content-Length, nor WebSocket and gRPC requests',
      path: ['mirror'],
    }
  },
}
